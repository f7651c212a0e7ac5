"""Who gets the weekly mail: numbers, one by one by address, lists that come in and go out."""

import csv
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from aggregator.store import subscribers
from moderation import subscriber_lists
from moderation.routes import Role
from tests.moderation import editions
from tests.moderation.editions import Upload
from tests.moderation.house import SLUG, House, house, populated
from tests.moderation.screens import location, soup, words
from tests.only_sqlite import database

__all__ = ["database"]
AT = f"/moderate/{SLUG}/subscribers"
HEAD = "address,language,consent date,proof\n"


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    found = editions.mailing(populated(house(reader, writer, tmp_path, now)))
    editions.people(found, 3)
    return found


def counted(ours: House) -> dict[str, int]:
    with ours.desk.reader.connect() as connection:
        return {state: many for state, many in subscribers.counts(connection, SLUG).items() if many}


def bring(ours: House, lines: str, **form: str) -> TestResponse:
    upload = Upload(lines)
    return ours.signed_in(Role.ADMIN).post(f"{AT}/bring-in", list=upload, **{"mine": "on", **form})


def test_it_tells_how_many_there_are_in_each_state(ours: House) -> None:
    page = soup(ours.signed_in(Role.EDITOR).get(AT))

    assert [words(one) for one in page.select(".sums > div")] == [
        "get the mail 3",
        "asked, not confirmed yet 0",
        "pause 0",
        "unsubscribed 0",
        "never mailed again 0",
    ]


def test_editors_see_no_list_and_nothing_to_take_along(ours: House) -> None:
    page = soup(ours.signed_in(Role.EDITOR).get(AT))

    assert "@mail.example" not in words(page)
    assert not page.select("input[type=file], a[download]")


@pytest.mark.parametrize("typed", ["reader1@mail.example", " Reader1@MAIL.example "])
def test_somebody_is_found_by_their_whole_address(ours: House, typed: str) -> None:
    answer = ours.signed_in(Role.EDITOR).post(f"{AT}/find", address=typed)

    found = words(soup(answer).select_one(".found"))
    assert "reader1@mail.example get the mail" in found
    assert "from a list: sign-up sheet (Amina)" in found


@pytest.mark.parametrize("typed", ["reader", "1@mail.example", "%@mail.example", "reader_@mail.example"])
def test_a_part_of_an_address_finds_nobody(ours: House, typed: str) -> None:
    answer = ours.signed_in(Role.EDITOR).post(f"{AT}/find", address=typed)

    assert not soup(answer).select(".found")
    assert "reader1@" not in words(soup(answer))


def test_somebody_who_asks_is_never_mailed_again_and_an_admin_takes_that_back(ours: House) -> None:
    ours.signed_in(Role.EDITOR).post(f"{AT}/stop", address="reader1@mail.example")
    assert counted(ours) == {"confirmed": 2, "suppressed": 1}

    ours.signed_in(Role.ADMIN).post(f"{AT}/release", address="reader1@mail.example")
    assert counted(ours) == {"confirmed": 2, "unsubscribed": 1}


def test_erasing_asks_twice(ours: House) -> None:
    browser = ours.signed_in(Role.ADMIN)
    answer = browser.post(f"{AT}/erase", address="reader1@mail.example")

    assert answer.status_code == 422
    assert ours.desk.say("erase-unsure") in words(soup(answer))
    assert counted(ours) == {"confirmed": 3}


def test_erasing_leaves_nothing_that_can_be_read(ours: House) -> None:
    browser = ours.signed_in(Role.ADMIN)

    answer = browser.post(f"{AT}/erase", address="reader1@mail.example", sure="on")

    assert location(answer) == f"{AT}?said=erased"
    with ours.desk.reader.connect() as connection:
        for table in ("subscriber", "suppressed", "outgoing"):
            assert "reader1" not in str(connection.execute(text(f"SELECT * FROM {table}")).all())
    assert "reader1" not in browser.get(f"{AT}/list.csv").text


def test_a_list_comes_in_with_its_proof(ours: House) -> None:
    answer = bring(
        ours,
        HEAD + "nia@mail.example,fr,2026-01-31,fair\nreader0@mail.example,,2026-01-31,fair\n",
    )

    assert "New: 1. There already: 1." in words(soup(answer))
    with ours.desk.reader.connect() as connection:
        (nia,) = subscribers.all_of(connection, SLUG, words="nia@")
    assert nia.language == "fr"
    assert "2026-01-31: fair" in nia.consent
    assert "Amina Yusuf" in nia.consent


def test_a_list_with_one_bad_line_changes_nothing_and_names_every_bad_line(ours: House) -> None:
    answer = bring(
        ours, HEAD + "nia@mail.example,,2026-01-31,fair\nnobody,,2026-01-31,fair\nb@mail.example,,,\n"
    )

    page = soup(answer)
    assert [words(one) for one in page.select(".bad-lines li")] == [
        "Line 3 nobody is no mail address",
        "Line 4 is no day: write it like 2026-03-31",
    ]
    assert counted(ours) == {"confirmed": 3}


def test_a_list_of_ours_brings_nobody_back_who_does_not_get_the_mail(ours: House) -> None:
    head = "address,consent date,proof,state\n"
    answer = bring(
        ours, f"{head}nia@mail.example,2026-01-31,fair,paused\nb@mail.example,,,unsubscribed\n"
    )

    page = soup(answer)
    assert "New: 1." in words(page)
    assert [words(one) for one in page.select(".bad-lines li")] == ["Line 3 says unsubscribed"]
    assert counted(ours) == {"confirmed": 4}


def test_a_list_without_the_word_of_whoever_brings_it_is_refused(ours: House) -> None:
    answer = bring(ours, HEAD + "nia@mail.example,,2026-01-31,fair\n", mine="")

    assert ours.desk.say("import-not-mine") in words(soup(answer))
    assert counted(ours) == {"confirmed": 3}


def test_who_left_or_is_never_to_be_mailed_stays_away(ours: House) -> None:
    with ours.desk.writer.begin() as connection:
        subscribers.suppress(connection, SLUG, "reader0@mail.example", "complaint", ours.clock())
    lines = "".join(f"reader{number}@mail.example,,2026-01-31,fair\n" for number in range(2))

    answer = bring(ours, HEAD + lines)

    assert "Never to be mailed: 1." in words(soup(answer))
    assert counted(ours) == {"confirmed": 2, "suppressed": 1}


def test_a_list_may_be_longer_than_other_forms_for_admins_only(ours: House) -> None:
    lines = HEAD + "".join(f"person{number}@mail.example,,2026-01-31,fair\n" for number in range(1700))
    assert len(lines) > 64 * 1024

    assert bring(ours, lines).status_code == 200
    assert counted(ours) == {"confirmed": 1703}
    refused = ours.signed_in(Role.EDITOR).post(f"{AT}/bring-in", list=Upload(lines), mine="on")
    assert refused.status_code == 413


def test_too_long_a_list_is_refused_before_it_is_read(ours: House) -> None:
    browser = ours.signed_in(Role.ADMIN)

    answer = browser.client.post(
        f"{AT}/bring-in",
        base_url=browser.base,
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(subscriber_lists.MOST_BYTES + 1)},
    )

    assert answer.status_code == 413


def test_the_list_goes_out_with_everything_that_must_be_shown(ours: House) -> None:
    answer = ours.signed_in(Role.ADMIN).get(f"{AT}/list.csv")

    rows = list(csv.DictReader(StringIO(answer.text)))
    assert len(rows) == 3
    assert rows[0]["address"] == "reader0@mail.example"
    assert rows[0]["state"] == "confirmed"
    assert rows[0]["proof"] == "sign-up sheet (Amina)"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
