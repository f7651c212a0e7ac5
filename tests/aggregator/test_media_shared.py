"""The hostile pictures of the workplace, in a real child: each behaves as its index says."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from aggregator.child import Children
from aggregator.copies import Copy, Drawn, Refusal
from tests.drawing import opened
from tests.shared_folder import shared

pytestmark = pytest.mark.shared

FOLDER = shared("hostile", "own", "images")
INDEX = {entry["file"]: entry for entry in json.loads((FOLDER / "index.json").read_text("utf-8"))}
FOREIGN = (b"<script", b"alert(", b"GPS", b"Exif", b"Comment", b"text/html", b"<svg")


@pytest.fixture(scope="module")
def child() -> Iterator[Children]:
    children = Children(at_most=1, module="aggregator.media", cpu_s=20, wall_s=45)
    yield children
    children.close()


def in_child(child: Children, body: bytes) -> tuple[Drawn | Refusal, list[Copy]]:
    async def work() -> tuple[Drawn | Refusal, list[Copy]]:
        result: Drawn | Refusal = await child.run("redraw", body)
        return result, await child.run("copies", result.data) if isinstance(result, Drawn) else []

    return asyncio.run(work())


@pytest.mark.parametrize("name", INDEX)
def test_each_hostile_picture_behaves_as_its_index_says(child: Children, name: str) -> None:
    body, entry = (FOLDER / name).read_bytes(), INDEX[name]
    result, copies = in_child(child, body)
    if isinstance(result, Refusal):
        assert entry["family"] != "metadata"
        assert result.sentence
    else:
        assert entry["family"] in ("metadata", "broken") or is_really_a_picture(body)
        for data in (result.data, *(copy.data for copy in copies)):
            assert opened(data).format in ("WEBP", "AVIF", "JPEG")
            assert not [word for word in FOREIGN if word in data]
    if entry["family"] in ("svg", "pixel-bomb"):
        assert isinstance(result, Refusal)


def is_really_a_picture(body: bytes) -> bool:
    """A polyglot that is a sound PNG as well is drawn anew, which leaves nothing of the rest."""
    return body.startswith(b"\x89PNG\r\n\x1a\n")


def test_lying_pictures_stand_upright(child: Children) -> None:
    result, _ = in_child(child, (FOLDER / "exif-orient-5.jpg").read_bytes())
    assert isinstance(result, Drawn)
    assert (result.width, result.height) == (48, 64)
