"""Lists of subscribers as files: read line by line with every mistake named, written so that no table
program runs what stands in them.

A list comes in only with a date and a proof of consent for each address; how it is stored is the
store's. Pure: text in, text out.
"""

import csv
import io
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from aggregator.mail_address import readable
from feeds.highlights.zones import known_zones

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = ("address", "language", "zone", "consent date", "proof")
MOST_BYTES = 20_000_000
MOST_LINES = 200_000
PROOF = 300
OLDEST_CONSENT = date(1995, 1, 1)

_NAMES: Mapping[str, str] = {
    "e-mail": "address",
    "email": "address",
    "mail": "address",
    "email address": "address",
    "lang": "language",
    "locale": "language",
    "timezone": "zone",
    "time zone": "zone",
    "date": "consent date",
    "consent_date": "consent date",
    "consented at": "consent date",
    "consent": "proof",
}
_NEEDED = ("address", "consent date", "proof")
_GETS_IT = ("", "confirmed", "paused")
"""What may stand in the column `state` of somebody who is brought in; "": nothing was said."""
_BREAKS = "\t\r\n"
# What LibreOffice, Excel and others take for a formula when it stands first in a cell.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")

Problem = Literal[
    "no-utf8",
    "too-large",
    "too-many-lines",
    "no-lines",
    "no-columns",
    "columns",
    "same-column",
    "control",
    "state",
    "address",
    "twice",
    "language",
    "zone",
    "date",
    "future",
    "proof",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a list.

    Attributes:
        language, zone: "": nothing was said.
        consented_on: the day on which they said that they want the mail.
        proof: how anybody can see that they did: "form of the 2024 fair, folder 3".
    """

    address: str
    language: str
    zone: str
    consented_on: date
    proof: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that was not taken. The words for a problem are the screen's.

    Attributes:
        number: of the line in the file, from 1; 0: the file as a whole.
        value: what stands there, cut.
    """

    number: int
    problem: Problem
    value: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a file holds: the good rows, and every bad one.

    Attributes:
        left_out: those who, as the file itself says, do not get the mail; nothing is wrong with them.
    """

    rows: tuple[Row, ...] = ()
    bad: tuple[BadLine, ...] = ()
    left_out: tuple[BadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """One subscriber as a file shows them."""

    address: str
    language: str
    zone: str
    state: str
    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    proof: str


def read(data: bytes, languages: Collection[str], today: date) -> Listed:
    """Read a list: comma, semicolon or tab between the columns, a line with their names first.

    Args:
        languages: those that the mail is written in; a file may leave the language empty.
        today: consent given later than this is none.
    """
    if len(data) > MOST_BYTES:
        return Listed(bad=(BadLine(0, "too-large"),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Listed(bad=(BadLine(data.count(b"\n", 0, error.start) + 1, "no-utf8"),))
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return _read(lines, languages, today)
    except csv.Error:
        return Listed(bad=(BadLine(lines.line_num, "columns"),))


def by_consent(rows: Iterable[Row]) -> Mapping[str, tuple[Row, ...]]:
    """Give the rows under what is kept as their consent: "2024-05-01: form of the fair"."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(f"{row.consented_on.isoformat()}: {row.proof}", []).append(row)
    return {consent: tuple(some) for consent, some in found.items()}


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _read(lines: "Reader", languages: Collection[str], today: date) -> Listed:
    names = [_name(each) for each in next(lines, [])]
    if not names:
        return Listed(bad=(BadLine(0, "no-lines"),))
    missing = [each for each in _NEEDED if each not in names]
    if missing:
        return Listed(bad=(BadLine(1, "no-columns", ", ".join(missing)),))
    if same := [each for each in (*COLUMNS, "state") if names.count(each) > 1]:
        return Listed(bad=(BadLine(1, "same-column", ", ".join(same)),))
    rows: dict[str, Row] = {}
    bad: list[BadLine] = []
    left_out: list[BadLine] = []
    before = lines.line_num
    for cells in lines:
        number, before = before + 1, lines.line_num  # a quoted cell may hold line breaks
        if number > MOST_LINES:
            bad.append(BadLine(0, "too-many-lines"))
            break
        if not any(cell.strip() for cell in cells):
            continue
        found = _line_of(names, cells, number, languages, today)
        if isinstance(found, Row) and found.address.lower() in rows:
            found = BadLine(number, "twice", found.address)
        if isinstance(found, BadLine):
            (left_out if found.problem == "state" else bad).append(found)
        else:
            rows[found.address.lower()] = found
    return Listed(tuple(rows.values()), tuple(bad), tuple(left_out))


def _line_of(
    names: Sequence[str], cells: Sequence[str], number: int, languages: Collection[str], today: date
) -> Row | BadLine:
    if any(map(_has_control, cells)):
        return BadLine(number, "control")
    named = dict(zip(names, map(_plain, cells), strict=False))
    # Before all else: our own lists give no proof for those who never confirmed.
    if (state := named.get("state", "")).lower() not in _GETS_IT:
        return BadLine(number, "state", state[:100])
    return _row(named, number, languages, today)


def _has_control(cell: str) -> bool:
    return any(unicodedata.category(one) == "Cc" and one not in _BREAKS for one in cell)


def _name(cell: str) -> str:
    name = " ".join(cell.strip().lower().split())
    return _NAMES.get(name, name)


def _row(
    cells: Mapping[str, str], number: int, languages: Collection[str], today: date
) -> Row | BadLine:
    address, said = readable(cells.get("address", "")), cells.get("language", "")
    known = {each.lower(): each for each in languages}
    zone, proof = cells.get("zone", ""), " ".join(cells.get("proof", "").split())
    day = _day(cells.get("consent date", ""))
    checks: tuple[tuple[bool, Problem, str], ...] = (
        (not address, "address", cells.get("address", "")),
        (said != "" and said.lower() not in known, "language", said),
        (zone != "" and zone not in known_zones(), "zone", zone),
        (day is None or day < OLDEST_CONSENT, "date", cells.get("consent date", "")),
        (day is not None and day > today, "future", cells.get("consent date", "")),
        (not 3 <= len(proof) <= PROOF, "proof", proof),
    )
    for is_bad, problem, value in checks:
        if is_bad:
            return BadLine(number, problem, value[:100])
    assert day  # the check above
    return Row(address, known.get(said.lower(), ""), zone, day, proof)


def _day(text: str) -> date | None:
    """Read a day as ISO 8601 writes it, alone or before an hour. 03/04/2026 is two days: it is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _plain(cell: str) -> str:
    """Take off what `write` put before a cell."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell


def write(people: Iterable[Person]) -> Iterator[str]:
    """Give a list of subscribers as CSV, line by line. `read` takes it back."""
    yield _line((*COLUMNS, "state", "asked at", "confirmed at", "ended at"))
    for each in people:
        moments = (each.asked_at, each.confirmed_at, each.ended_at)
        asked, confirmed, ended = (_moment(moment) for moment in moments)
        consented = (confirmed or asked)[:10]
        facts = (each.address, each.language, each.zone, consented, each.proof)
        yield _line((*facts, each.state, asked, confirmed, ended))


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerow([_harmless(cell) for cell in cells])
    return file.getvalue()


def _harmless(cell: str) -> str:
    """Put a mark before what a table program would run. Source: OWASP, CSV Injection."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell
