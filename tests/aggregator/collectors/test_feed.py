"""Every folder of tests/data/feed is a case: the source, recorded replies, and what must come of them.

`source.json` is the source. `replies.json` lists visits: each gives by address what a server says, and
may break off after so many pages. `expected.json` lists for each visit what was asked and what came.
"""

import asyncio
import json
from contextlib import aclosing
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from aggregator import parse
from aggregator.collectors import feed
from aggregator.errors import Busy, Denied, Missing, Refused, SourceError
from aggregator.item import RawItem
from aggregator.settings import Source
from aggregator.stages import Mark, Page, Reply, Validators

CASES = Path(__file__).resolve().parents[2] / "data" / "feed"
NONE = Validators()
NOW = datetime(2026, 4, 1, tzinfo=UTC)
ERRORS: dict[int, type[Refused]] = {403: Denied, 404: Missing, 410: Missing, 503: Busy}


class Server:
    """Stands for `fetch`: answers from a case, notes what was asked, and honours validators."""

    def __init__(self, answers: dict[str, dict[str, Any]], folder: Path) -> None:
        self.answers = answers
        self.folder = folder
        self.asked: list[str] = []

    async def __call__(
        self,
        url: str,
        *,
        validators: Validators = NONE,
        accept: str = "",
        max_bytes: int = 0,
    ) -> Reply:
        said = " ".join(filter(None, (validators.etag, validators.last_modified)))
        self.asked.append(f"{url} if changed since {said}" if said else url)
        answer = self.answers[url]
        own = Validators(answer.get("etag", ""), answer.get("last_modified", ""))
        status = answer.get("status", 304 if own and own == validators else 200)
        body = (self.folder / answer["file"]).read_bytes() if "file" in answer else b""
        if status >= 400:
            raise ERRORS.get(status, Refused)(url=url, status=status, body=body)
        return Reply(
            url=answer.get("url", url),
            status=status,
            headers=answer.get("headers", {}),
            body=b"" if status == 304 else body,
            at=NOW,
            validators=own,
            moved_to=answer.get("moved_to", ""),
        )


async def in_child(task: str, *arguments: Any) -> Any:
    return getattr(parse, task)(*arguments)


def source_of(url: str) -> Source:
    return Source(name="blog", kind="feed", options=feed.Options(url=url))


async def visit(
    source: Source, mark: Mark, server: Server, until: datetime | None, breaks_after: int | None
) -> tuple[list[Page], str]:
    pages: list[Page] = []
    try:
        async with aclosing(feed.collect(source, mark, server, in_child, until=until)) as coming:
            async for page in coming:
                pages.append(page)
                if len(pages) == breaks_after:
                    break
    except SourceError as error:
        return pages, error.code
    return pages, ""


def written(item: RawItem) -> dict[str, Any]:
    """Give an item as a case writes it: without what is as always."""
    defaults = {field.name: field.default for field in fields(RawItem) if field.default is not MISSING}
    values = {name: getattr(item, name) for name in RawItem.__slots__}
    return {
        name: plain(value)
        for name, value in values.items()
        if name not in defaults or value != defaults[name]
    }


def plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        default = type(value)("", "") if hasattr(value, "mime") else type(value)()
        return {
            name: plain(getattr(value, name))
            for name in value.__dataclass_fields__
            if getattr(value, name) != getattr(default, name)
        }
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, StrEnum) else value


def outcome(server: Server, pages: list[Page], error: str) -> dict[str, Any]:
    found = {
        "asked": server.asked,
        "pages": [[written(item) for item in page.items] for page in pages],
        "skipped": [[skip.reason, skip.what] for page in pages for skip in page.skipped],
        "gone": [identity for page in pages for identity in page.gone],
        "error": error,
    }
    return {name: value for name, value in found.items() if value or name == "pages"}


def replay(folder: Path) -> list[dict[str, Any]]:
    declared = json.loads((folder / "source.json").read_text())
    until = datetime.fromisoformat(declared["until"]) if "until" in declared else None
    source, mark = source_of(declared["url"]), Mark({})
    outcomes = []
    for answers in json.loads((folder / "replies.json").read_text()):
        breaks_after = answers.pop("breaks_after", None)
        server = Server(answers, folder)
        pages, error = asyncio.run(visit(source, mark, server, until, breaks_after))
        mark = Mark(json.loads(json.dumps(pages[-1].mark))) if pages else mark
        outcomes.append(outcome(server, pages, error))
    return outcomes


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case_comes_out_as_expected(case: str) -> None:
    expected = json.loads((CASES / case / "expected.json").read_text())
    assert replay(CASES / case) == expected
