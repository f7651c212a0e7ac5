"""Plays a case: every folder of tests/data/KIND is one.

`source.json` is the source. `replies.json` lists visits: each gives by address what a server says, and
may break off after so many pages. `expected.json` lists for each visit what was asked and what came.
"""

import asyncio
import json
from contextlib import aclosing
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from aggregator import parse
from aggregator.collectors import kinds
from aggregator.errors import Busy, Denied, Missing, Refused, SourceError
from aggregator.item import Media, Occasion, RawItem
from aggregator.settings import Source
from aggregator.stages import Mark, Page, Reply, Validators

DATA = Path(__file__).resolve().parents[2] / "data"
NONE = Validators()
NOW = datetime(2026, 4, 1, tzinfo=UTC)
ERRORS: dict[int, type[Refused]] = {
    401: Denied, 403: Denied, 404: Missing, 410: Missing, 429: Busy, 503: Busy,
}  # fmt: skip


def cases(kind: str) -> list[str]:
    return sorted(path.name for path in (DATA / kind).iterdir())


@dataclass
class Server:
    """Stands for `fetch`: answers from a case, notes what was asked, and honours validators."""

    answers: dict[str, dict[str, Any]]
    folder: Path
    asked: list[str] = field(default_factory=list)

    async def __call__(
        self,
        url: str,
        *,
        validators: Validators = NONE,
        accept: str = "",
        max_bytes: int = 0,
        token: str = "",
    ) -> Reply:
        said = " ".join(filter(None, (validators.etag, validators.last_modified)))
        asked = f"{url} if changed since {said}" if said else url
        self.asked.append(f"{asked} with {token}" if token else asked)
        answer = self.answers[url]
        own = Validators(answer.get("etag", ""), answer.get("last_modified", ""))
        status = answer.get("status", 304 if own and own == validators else 200)
        body = (self.folder / answer["file"]).read_bytes() if "file" in answer else b""
        if "json" in answer:
            body = json.dumps(answer["json"]).encode()
        if status >= 400:
            raise ERRORS.get(status, Refused)(url=url, status=status, body=body)
        return Reply(
            url=answer.get("url", url),
            status=status,
            headers=answer.get("headers", {}),
            body=b"" if status == 304 else body,
            at=datetime.fromisoformat(answer["at"]) if "at" in answer else NOW,
            validators=own,
            moved_to=answer.get("moved_to", ""),
        )


async def in_child(task: str, *arguments: Any) -> Any:
    return getattr(parse, task)(*arguments)


def source_of(kind: str, declared: dict[str, Any]) -> Source:
    model = kinds()[kind].Options
    options = {key: value for key, value in declared.items() if key in model.model_fields}
    return Source(name="one", kind=kind, options=model(**options))


async def visit(
    source: Source, mark: Mark, server: Server, until: datetime | None, breaks_after: int | None
) -> tuple[list[Page], str]:
    pages: list[Page] = []
    coming = kinds()[source.kind].collect(source, mark, server, in_child, until=until)
    try:
        async with aclosing(coming):
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
        default = _like(value)
        return {
            name: plain(getattr(value, name))
            for name in value.__dataclass_fields__
            if getattr(value, name) != getattr(default, name)
        }
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def _like(value: Any) -> Any:
    """Give one of the same type in which nothing is as `value` has it unless that is as always."""
    if isinstance(value, Occasion):
        return Occasion(datetime(1, 1, 1, tzinfo=UTC), zone="")
    return Media("", "") if isinstance(value, Media) else type(value)()


def outcome(server: Server, pages: list[Page], error: str) -> dict[str, Any]:
    found = {
        "asked": server.asked,
        "pages": [[written(item) for item in page.items] for page in pages],
        "skipped": [[skip.reason, skip.what] for page in pages for skip in page.skipped],
        "gone": [identity for page in pages for identity in page.gone],
        "error": error,
    }
    return {name: value for name, value in found.items() if value or name == "pages"}


def replay(kind: str, case: str) -> list[dict[str, Any]]:
    """Give for each visit of a case what was asked and what came."""
    folder = DATA / kind / case
    declared = json.loads((folder / "source.json").read_text())
    until = datetime.fromisoformat(declared["until"]) if "until" in declared else None
    source, mark = source_of(kind, declared), Mark({})
    outcomes = []
    for answers in json.loads((folder / "replies.json").read_text()):
        breaks_after = answers.pop("breaks_after", None)
        server = Server(answers, folder)
        pages, error = asyncio.run(visit(source, mark, server, until, breaks_after))
        mark = Mark(json.loads(json.dumps(pages[-1].mark))) if pages else mark
        outcomes.append(outcome(server, pages, error))
    return outcomes


def expected(kind: str, case: str) -> Any:
    return json.loads((DATA / kind / case / "expected.json").read_text())
