"""A bucket holds the same pages as a folder, as plain objects with their own headers."""

from pathlib import Path

import pytest

from aggregator.errors import PublishError
from feeds.publish import bucket as buckets
from feeds.publish.bucket import Bucket
from tests.feeds.invented import SLUG, item_id
from tests.feeds.publish.places import Site, a_site, post

obstore = pytest.importorskip("obstore.store")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    memory = obstore.MemoryStore()
    monkeypatch.setattr(buckets, "_opened", lambda bucket, environ: memory)
    made = a_site(tmp_path, 1, 2)
    made.place = Bucket("s3://wall/public", {}, tmp_path / "locks")
    made.restart(rules=lambda _: {})
    return made


def names(site: Site) -> set[str]:
    return {name for name, _ in site.place.files()}


def test_pages_stand_below_the_prefix_without_packed_forms(site: Site) -> None:
    site.publish()
    assert {"index.html", f"{SLUG}/e/wall.html", "manifest.json"} <= names(site)
    assert not [name for name in names(site) if name.endswith((".br", ".gz", ".gone", ".tmp"))]
    objects = [each["path"] for some in site.place._store.list() for each in some]  # type: ignore[attr-defined] # looked into
    assert all(path.startswith("public/") for path in objects)


def test_a_removed_post_and_its_pictures_are_gone(site: Site) -> None:
    site.publish()
    site.door.take_down(post(2))
    site.publish()
    assert not [name for name in names(site) if f"{2:024x}" in name]
    page = site.place.read(f"{SLUG}/p/{item_id(2)}.html")
    assert page
    assert b"no longer shown" in page


def test_nothing_is_written_when_nothing_changed(site: Site) -> None:
    site.publish()
    site.restart(rules=lambda _: {})
    assert site.publish().written == 0


def test_what_is_not_there_is_none_and_may_be_removed(site: Site) -> None:
    assert site.place.read("nothing") is None
    site.place.remove("nothing")


def test_an_address_without_a_bucket_is_said(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="names no bucket"):
        Bucket("s3:///prefix", {}, tmp_path)
