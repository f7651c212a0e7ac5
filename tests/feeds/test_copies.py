"""Pictures are given while a shown post has them, as pictures and as nothing else."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from aggregator.copies import public_file
from aggregator.errors import StoreError
from feeds.app import create_app
from tests.feeds.invented import (
    NOW,
    SLUG,
    Clock,
    FakeDoor,
    a_door,
    campaign,
    picture,
    pictured,
    settings,
    shown,
    write_copies,
)

KEY = picture().key
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}


@dataclass
class Site:
    """A site with one shown post that has one picture."""

    folder: Path
    door: FakeDoor = field(default_factory=lambda: a_door(pictured(shown(1))))

    def client(self, **policy: Any) -> FlaskClient:
        configured = settings(campaign(**policy)).model_copy(update={"media": str(self.folder)})
        return create_app(configured, self.door, lambda: NOW, Clock()).test_client()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    write_copies(tmp_path, picture())
    return Site(tmp_path)


@pytest.mark.parametrize("width", picture().widths)
@pytest.mark.parametrize("form", TYPES)
def test_every_copy_is_a_picture_and_nothing_else(site: Site, form: str, width: int) -> None:
    answer = site.client().get(f"/i/{KEY}-{width}.{form}")
    assert (answer.status_code, answer.data) == (200, f"{form} {width}".encode())
    assert answer.headers["Content-Type"] == TYPES[form]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=604800, s-maxage=120"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


def test_who_has_it_gets_304_and_who_asks_for_its_head_no_body(site: Site) -> None:
    client = site.client()
    path = f"/i/{KEY}-320.webp"
    etag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    head = client.head(path)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(b"webp 320")))
    assert client.get(f"/i/{KEY}-320.avif").headers["ETag"] != etag


def test_a_picture_is_gone_the_moment_its_post_is(site: Site) -> None:
    client = site.client()
    assert client.get(f"/i/{KEY}-320.jpg").status_code == 200
    site.door.take_down(site.door.items[SLUG][0])
    answer = client.get(f"/i/{KEY}-320.jpg", headers={"If-None-Match": "*"})
    assert answer.status_code == 404
    assert "There is no page here" in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_campaign_that_hides_pictures_serves_none(site: Site) -> None:
    client = site.client(policy={"pictures_without_consent": "hide"})
    assert client.get(f"/i/{KEY}-320.jpg").status_code == 404


def test_a_file_that_is_not_there_is_not_found(site: Site) -> None:
    public_file(site.folder, KEY, 320, "jpg").unlink()
    assert site.client().get(f"/i/{KEY}-320.jpg").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        f"{KEY}-321.jpg",
        f"{KEY}-0320.jpg",
        f"{KEY}-320.png",
        f"{KEY}-320.svg",
        f"{KEY}-320.JPG",
        f"{KEY.replace('0', 'A')}-320.jpg",
        f"{KEY}-320.jpg/",
        f"{KEY}-320.jpg%00",
        f"{KEY}-320.jpg%0a",
        f"{KEY}-٣٢٠.jpg",
        f"..%2f{KEY}-320.jpg",
        f"%2e%2e/%2e%2e/held/00/{KEY}-960.webp",
        f"../held/{KEY}-960.webp",
        f"held/{KEY[:2]}/{KEY}-960.webp",
        f"{KEY[:2]}/{KEY}-320.jpg",
        "",
        "x",
        "a" * 3000,
    ],
)
def test_no_other_name_reaches_the_disk(site: Site, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(file: Path) -> bytes:
        raise AssertionError(f"{file} was read")

    client = site.client()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", read)
        answer = client.get(f"/i/{name}")
    assert answer.status_code == 404
    assert KEY not in answer.text


def test_a_store_that_cannot_be_asked_shows_no_picture(site: Site) -> None:
    site.door.fails_with = StoreError("locked")
    answer = site.client().get(f"/i/{KEY}-320.jpg")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
