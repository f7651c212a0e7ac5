"""What is published is what is shown: whatever happens meanwhile, and wherever a run is broken off."""

import gzip
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from aggregator.errors import PublishError, StoreError
from aggregator.store.published import Touched
from feeds.publish import site as publishing
from feeds.publish.place import Made
from feeds.publish.tools import BrokenOff
from tests.feeds.invented import NOW, SLUG, item_id
from tests.feeds.publish.places import FILES_OF_A_PICTURE, Interfering, Site, a_site, post


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path, 1, 2, 3)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the paths that are drawn from now on."""
    paths: list[str] = []
    real = publishing.render

    def noting(*arguments: object) -> object:
        paths.append(publishing.path_of(arguments[1]))  # type: ignore[arg-type] # an address
        return real(*arguments)  # type: ignore[arg-type] # handed on as it came

    monkeypatch.setattr(publishing, "render", noting)
    return paths


def test_every_public_page_becomes_a_file(site: Site) -> None:
    site.publish()
    names = site.names()
    for name in (
        "index.html",
        "robots.txt",
        "w/1.js",
        f"{SLUG}/index.html",
        f"{SLUG}/e/wall.html",
        f"{SLUG}/v/wall.json",
        f"{SLUG}/v/wall.rss",
        f"{SLUG}/p/{item_id(1)}.html",
    ):
        assert name in names
    assert "number 1" in site.page("index.html")
    assert site.read("index.html") == site.page("index.html")
    assert len([name for name in names if name.startswith("i/")]) == 3 * FILES_OF_A_PICTURE


def test_a_file_holds_what_our_own_server_would_answer(site: Site) -> None:
    from feeds.app import create_app

    site.publish()
    browser = create_app(site.settings, site.door, lambda: site.now).test_client()
    for file in site.manifest()["files"].values():
        if not file["path"].startswith("/.engaged"):
            answer = browser.get(file["path"])
            name = publishing.plan.file_of(file["path"])
            assert answer.data == (site.out / name).read_bytes(), name
            assert answer.content_type == file["kind"]
            headers = site.manifest()["headers"][file["headers"]]
            for header, value in headers if name != "robots.txt" else ():
                assert answer.headers[header] == value


def test_packed_forms_lie_beside_and_hold_the_same(site: Site) -> None:
    site.publish()
    page = (site.out / f"{SLUG}/index.html").read_bytes()
    assert brotli.decompress((site.out / f"{SLUG}/index.html.br").read_bytes()) == page
    assert gzip.decompress((site.out / f"{SLUG}/index.html.gz").read_bytes()) == page


def test_the_manifest_names_each_file_with_its_hash_and_the_version(site: Site) -> None:
    site.publish()
    found = site.manifest()
    assert found["versions"] == {SLUG: 3}
    assert found["made_at"] == NOW.isoformat()
    page = (site.out / f"{SLUG}/e/wall.html").read_bytes()
    told = found["files"][f"{SLUG}/e/wall.html"]
    assert (told["hash"], told["length"]) == (publishing.sha256(page).hexdigest(), len(page))


def test_nothing_is_drawn_or_written_when_nothing_changed(site: Site, drawn: list[str]) -> None:
    site.publish()
    before = {name: (site.out / name).stat().st_mtime_ns for name in site.names()}
    drawn.clear()
    site.publish()
    site.restart()
    site.publish()
    assert drawn == []
    assert {name: (site.out / name).stat().st_mtime_ns for name in site.names()} == before


def test_one_decision_draws_only_what_it_concerns_and_writes_only_what_changed(
    site: Site, drawn: list[str]
) -> None:
    site.publish()
    drawn.clear()
    site.show(9)  # older than the others: no featured place has it
    outcome = site.publish()
    assert not [path for path in drawn if item_id(1) in path]
    assert [path for path in drawn if item_id(9) in path]
    assert len(drawn) == outcome.drawn
    changed = set(site.purged[-1].paths)
    assert f"/{SLUG}/e/wall" in changed
    assert f"/{SLUG}/v/wall.rss" in changed
    assert f"/{SLUG}/e/featured" not in changed
    assert f"/{SLUG}/it" not in changed


def test_a_removed_post_is_in_no_file_and_its_address_says_so(site: Site) -> None:
    site.publish()
    site.door.take_down(post(2))
    site.publish()
    assert "no longer shown" in site.page(f"p/{item_id(2)}.html")
    assert site.page(f"p/{item_id(2)}.gone") == site.page(f"p/{item_id(2)}.html")
    assert not (site.out / f"{SLUG}/og/{item_id(2)}.png").exists()
    gone = [name for name, data in site.everything().items() if b"Story hour number 2" in data]
    assert gone == []
    assert not [name for name in site.names() if f"{2:024x}" in name]
    assert site.left == [item_id(2)]


def test_a_post_that_is_put_back_is_there_again(site: Site) -> None:
    site.publish()
    before = pages_of(site)
    site.door.take_down(post(2))
    site.publish()
    del site.door.gone_ones[SLUG][item_id(2)]
    site.door.publish(post(2))
    site.publish()
    assert pages_of(site) == before
    assert not (site.out / f"{SLUG}/p/{item_id(2)}.gone").exists()


def test_a_picture_of_two_posts_stays_until_neither_is_shown(site: Site) -> None:
    from tests.feeds.invented import picture, pictured, shown

    other = pictured(shown(8), picture(2))
    site.door.publish(other)
    site.publish()
    site.door.take_down(post(2))
    site.publish()
    assert len([name for name in site.names() if f"{2:024x}" in name]) == FILES_OF_A_PICTURE
    site.door.take_down(other)
    site.publish()
    assert not [name for name in site.names() if f"{2:024x}" in name]


@pytest.mark.parametrize("at", ["e/wall.html", f"p/{item_id(2)}.html", "v/wall.rss", "manifest.json"])
def test_a_takedown_wins_against_a_run_that_is_under_way(tmp_path: Path, at: str) -> None:
    site = a_site(tmp_path, 1, 2, 3)
    place = Interfering(site.place, at, lambda: site.door.take_down(post(2)))
    site.restart(place=place)
    site.publish()
    if at == "manifest.json":
        site.publish()  # it came after the last look: the manifest says so, and the next run is now
    assert not [name for name, data in site.everything().items() if b"hour number 2" in data]
    assert not [name for name in site.names() if f"{2:024x}" in name]


def test_a_takedown_goes_before_all_other_work(site: Site, drawn: list[str]) -> None:
    site.publish()
    site.made_of = "two"  # a new program: everything is drawn again
    place = Interfering(site.place, f"{SLUG}/e/wall.html", lambda: site.door.take_down(post(2)))
    # The unfinished mark is the first thing written: forced, so that every page is.
    site.place.write(publishing.MARK, Made(b""))
    site.restart(place=place)
    drawn.clear()
    site.publish()
    after = drawn[drawn.index(f"/{SLUG}/e/wall") + 1 :]
    assert after[0].endswith(f"/{item_id(2)}")


class Crash(BaseException):
    """As kill -9 is for the run: nothing of ours may catch it."""


def test_wherever_a_run_is_broken_off_the_next_one_mends_it(tmp_path: Path) -> None:
    def changed(name: str) -> Site:
        """Give a site that was published, and of which one post came and one went since."""
        site = a_site(tmp_path / name, 1, 2)
        site.publish()
        site.show(3)
        site.door.take_down(post(2))
        return site

    whole = changed("whole")
    writes = whole.publish().written + 2  # the mark before, the manifest after
    for number in (0, 1, 2, writes // 3, writes // 2, writes - 2, writes - 1):
        broken = changed(str(number))
        crash_at(broken, number)
        with pytest.raises(Crash):
            broken.publish()
        for name, data in broken.everything().items():
            assert not name.endswith(".html") or data.rstrip().endswith(b"</html>")
        broken.restart()
        broken.publish()
        assert pages_of(broken) == pages_of(whole)


def test_what_a_broken_run_wrote_does_not_stay_though_its_hash_is_the_old_one(site: Site) -> None:
    crash_at(site, 10_000)  # it goes on: the publisher that is broken off is the one that mends
    site.publish()
    site.show(4)
    site.publisher._tools.place.left = iter(range(20))  # type: ignore[attr-defined] # our own stand-in
    with pytest.raises(Crash):
        site.publish()
    site.door.take_down(post(4))
    site.publisher._tools.place.left = iter(range(10_000))  # type: ignore[attr-defined] # as above
    site.publish()
    assert not [name for name, data in site.everything().items() if b"hour number 4" in data]


def test_a_lost_or_cut_file_is_mended_when_the_publisher_starts(site: Site) -> None:
    site.publish()
    before = pages_of(site)
    (site.out / f"{SLUG}/e/wall.html").unlink()
    (site.out / f"{SLUG}/v/wall.rss").write_bytes(b"")
    (site.out / f"{SLUG}/v/wall.json.gz").write_bytes(b"")
    next(site.out.glob("i/*.jpg")).unlink()
    (site.out / f"{SLUG}/index.html.tmp").write_bytes(b"half")
    site.restart()
    site.publish()
    assert pages_of(site) == before


def test_files_of_others_are_left_alone(site: Site) -> None:
    (site.out).mkdir()
    (site.out / "favicon.ico").write_bytes(b"theirs")
    (site.out / "about.html").write_bytes(b"theirs")
    (site.out / ".git").mkdir()
    (site.out / ".git" / "HEAD.tmp").write_bytes(b"theirs")
    site.publish()
    site.restart()
    site.publish()
    assert site.read("favicon.ico") == site.read("about.html") == site.read(".git/HEAD.tmp") == "theirs"


def test_a_lost_manifest_has_everything_written_again(site: Site) -> None:
    site.publish()
    before = pages_of(site)
    (site.out / "manifest.json").write_text("{")
    site.restart()
    assert site.publish().drawn > 20
    assert pages_of(site) == before


def test_another_program_or_other_settings_have_everything_drawn_again(site: Site) -> None:
    first = site.publish()
    site.made_of = "two"
    site.restart()
    outcome = site.publish()
    assert outcome.drawn == first.drawn
    assert outcome.written == 0


def test_when_everything_was_touched_everything_is_drawn_and_what_is_gone_goes(site: Site) -> None:
    site.publish()
    site.door.take_down(post(2))
    site.door.touched = lambda slug, since: Touched(4, frozenset(), everything=True)  # type: ignore[method-assign] # a store that was restored
    site.publish()
    assert "no longer shown" in site.page(f"p/{item_id(2)}.html")
    assert not [name for name in site.names() if f"{2:024x}" in name]
    assert site.left == [item_id(2)]


def test_a_page_that_holds_no_longer_is_drawn_though_nothing_changed(
    site: Site, drawn: list[str]
) -> None:
    outcome = site.publish()
    assert outcome.next_due
    drawn.clear()
    site.now = outcome.next_due + timedelta(seconds=1)
    assert site.publish().drawn == len(drawn) > 0


def test_a_retired_view_shows_the_featured_one(site: Site) -> None:
    from tests.feeds.invented import campaign, settings

    site.publish()
    views = {"featured": {"layout": "featured", "slot": "post"}}
    site.settings = settings(campaign(languages=("en",), views=views))
    site.made_of = "two"
    site.restart()
    site.publish()
    assert site.page("e/wall.html") == site.page("e/featured.html")


def test_a_cdn_that_was_not_told_is_told_after_the_next_run(site: Site) -> None:
    site.takes_purges = False
    assert not site.publish().is_all_told
    changed = site.manifest()["unpurged"][SLUG]
    site.takes_purges = True
    site.restart()
    assert site.publish().is_all_told
    assert list(site.purged[0].paths) == changed
    assert site.manifest()["unpurged"] == {}


def test_a_cdn_is_told_addresses_and_keys(site: Site) -> None:
    site.publish()
    site.purged.clear()
    site.door.take_down(post(2))
    site.publish()
    (told,) = site.purged
    assert (told.campaign, told.version) == (SLUG, 4)
    assert f"/{SLUG}/p/{item_id(2)}" in told.paths
    assert any(path.startswith("/i/") for path in told.paths)
    assert f"post:{item_id(2)}" in told.keys
    assert "view:wall" in told.keys


def test_a_store_that_cannot_be_asked_leaves_everything_as_it_was(site: Site) -> None:
    site.publish()
    before = site.everything()
    site.door.fails_with = StoreError("away")
    with pytest.raises(StoreError):
        site.publish()
    assert site.everything() == before


def test_who_is_told_to_stop_stops_before_the_next_page(site: Site) -> None:
    site.restart(is_stopped=lambda: True)
    with pytest.raises(BrokenOff):
        site.publish()
    site.restart()
    site.publish()
    assert (site.out / "manifest.json").exists()


def test_a_full_disk_is_a_sentence_and_no_page_is_half(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish()
    before = site.everything()
    site.show(4)

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PublishError, match="No space left"):
        site.publish()
    monkeypatch.undo()
    assert site.everything() == before
    site.publish()
    assert "number 4" in site.page("e/wall.html")


def crash_at(site: Site, number: int) -> None:
    """Let the publisher's process end before it has written its file of this number."""

    class Failing(Interfering):
        left = iter(range(number))

        def write(self, name: str, made: Made) -> None:
            if next(self.left, None) is None:
                raise Crash
            self._place.write(name, made)

    site.restart(place=Failing(site.place, "", lambda: None))


def pages_of(site: Site) -> dict[str, bytes]:
    return {name: data for name, data in site.everything().items() if "manifest" not in name}
