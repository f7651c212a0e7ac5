"""Lists of subscribers: every bad line is named, and nothing in them runs in a table program."""

from datetime import UTC, date, datetime

import pytest

from feeds.highlights.lists import MOST_BYTES, BadLine, Person, Row, by_consent, read, write

TODAY = date(2026, 10, 5)
HEAD = "address,language,zone,consent date,proof\n"
ANA = Row("ana@riverside.example", "es", "Africa/Lagos", date(2024, 5, 1), "Form of the fair")


def found(lines: str) -> tuple[tuple[Row, ...], tuple[BadLine, ...]]:
    listed = read(lines.encode(), ("en", "es", "pt-BR"), TODAY)
    return listed.rows, listed.bad


def test_a_whole_line_becomes_a_person() -> None:
    line = "ana@Riverside.example,ES,Africa/Lagos,2024-05-01,Form of the fair\n"
    assert found(HEAD + line) == ((ANA,), ())


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_columns_may_stand_in_any_order_with_other_names(between: str) -> None:
    names = between.join(("Proof", "E-Mail", "Note", "Date", "Lang", "Time zone"))
    cells = between.join(
        ("Form of the fair", ANA.address, "x", "2024-05-01T10:00Z", "es", "Africa/Lagos")
    )
    assert found(f"\ufeff{names}\r\n{cells}\r\n") == ((ANA,), ())


BAD = [
    ("ana,,,2024-05-01,a form", "address"),
    ("ana@riverside.example\u0000,,,2024-05-01,a form", "control"),
    ("ana@riverside.example,,,2024-05-01,a\u0007 form", "control"),
    ("ana@riverside.example,fr,,2024-05-01,a form", "language"),
    ("ana@riverside.example,,Mars/One,2024-05-01,a form", "zone"),
    ("ana@riverside.example,,,01/05/2024,a form", "date"),
    ("ana@riverside.example,,,,a form", "date"),
    ("ana@riverside.example,,,1066-01-01,a form", "date"),
    ("ana@riverside.example,,,2026-10-06,a form", "future"),
    ("ana@riverside.example,,,2024-05-01,", "proof"),
    ("ana@riverside.example,,,2024-05-01," + "x" * 301, "proof"),
    ("ana@riverside.example", "date"),
]


@pytest.mark.parametrize(("line", "problem"), BAD)
def test_a_bad_line_is_told_by_its_number_and_costs_only_itself(line: str, problem: str) -> None:
    good = "ben@riverside.example,,,2024-05-01,a form\n"
    rows, bad = found(f"{HEAD}\n{line}\n{good}")

    assert [row.address for row in rows] == ["ben@riverside.example"]
    assert [(each.number, each.problem) for each in bad] == [(3, problem)]


def test_a_line_is_counted_as_an_editor_shows_it_also_after_a_break_within_quotes() -> None:
    first = 'ana@riverside.example,,,2024-05-01,"a form\nof two lines"\n'
    _, bad = found(f"{HEAD}{first}nobody,,,2024-05-01,a form\n")
    assert bad == (BadLine(4, "address", "nobody"),)


def test_an_address_counts_once_however_it_is_written() -> None:
    lines = "Ana@riverside.example,,,2024-05-01,a form\nana@RIVERSIDE.example,,,2024-05-01,a form\n"
    rows, bad = found(HEAD + lines)
    assert len(rows) == 1
    assert bad == (BadLine(3, "twice", "ana@riverside.example"),)


def test_a_file_that_cannot_be_read_says_why() -> None:
    languages = ("en",)
    assert read(b"", languages, TODAY).bad == (BadLine(0, "no-lines"),)
    assert read(b"name,phone\n", languages, TODAY).bad[0] == BadLine(
        1, "no-columns", "address, consent date, proof"
    )
    twice = HEAD.strip() + ",email,state,State\n"
    assert read(twice.encode(), languages, TODAY).bad == (BadLine(1, "same-column", "address, state"),)
    assert read(HEAD.encode() + b"\n\xff", languages, TODAY).bad == (BadLine(3, "no-utf8"),)
    assert read(b"x" * (MOST_BYTES + 1), languages, TODAY).bad == (BadLine(0, "too-large"),)
    assert read(HEAD.encode() + b'"' + b"x" * 200_000, languages, TODAY).bad[0].problem == "columns"


def test_people_are_brought_in_under_what_shows_that_they_agreed() -> None:
    others = [Row(f"{name}@riverside.example", "", "", date(2025, 1, 2), "A fair") for name in "bc"]
    assert by_consent([ANA, *others]) == {
        "2024-05-01: Form of the fair": (ANA,),
        "2025-01-02: A fair": tuple(others),
    }


WHEN = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("risky", ["=1+1", "+ana@riverside.example", "-2", "@SUM(A1)", "\tx", "'=x"])
def test_no_cell_that_is_written_is_a_formula(risky: str) -> None:
    person = Person(risky, "en", "", "confirmed", WHEN, WHEN, None, risky)
    line = list(write([person]))[1]
    assert line.startswith(("'", "\"'"))


def test_whoever_does_not_get_the_mail_in_a_list_of_ours_is_told_and_left_out() -> None:
    gone = ("unsubscribed", "suppressed", "asked")
    people = [
        Person(f"{state}@riverside.example", "", "", state, WHEN, WHEN, None, "")  # no proof is needed
        for state in gone
    ]
    ana = Person("ana@riverside.example", "", "", "confirmed", WHEN, WHEN, None, "a form")
    listed = read("".join(write([*people, ana])).encode(), ("en",), TODAY)

    assert [row.address for row in listed.rows] == [ana.address]
    assert listed.bad == ()
    assert listed.left_out == tuple(
        BadLine(number, "state", state) for number, state in enumerate(gone, start=2)
    )


def test_a_proof_is_kept_on_one_line() -> None:
    rows, _ = found(HEAD + 'ana@riverside.example,,,2024-05-01,"a form\r\nof\ttwo lines"\n')
    assert rows[0].proof == "a form of two lines"


def test_what_is_written_can_be_read_again() -> None:
    people = [
        Person("+ana@riverside.example", "es", "", "confirmed", WHEN, WHEN, None, '=the "form", 2024'),
        Person("ben@riverside.example", "", "Africa/Lagos", "paused", WHEN, None, None, "a form"),
    ]
    rows, bad = found("".join(write(people)))

    assert bad == ()
    assert rows == (
        Row("+ana@riverside.example", "es", "", WHEN.date(), '=the "form", 2024'),
        Row("ben@riverside.example", "", "Africa/Lagos", WHEN.date(), "a form"),
    )
