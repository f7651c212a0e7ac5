"""Who there is: links that work once, colleagues, roles, one's own account."""

import re
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from aggregator.errors import LastAdmin, LinkSpent, NameTaken
from aggregator.store import people
from moderation import invitations, names
from moderation.routes import Role
from tests.moderation.house import NAMES, PASSWORD, STORED, Browser, House, house, populated

LOCAL = "http://localhost:8000"
OTHER_PASSWORD = "seven lamps on the ferry"


@pytest.fixture
def empty(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return house(reader, writer, tmp_path, now)


@pytest.fixture
def ours(empty: House) -> House:
    return populated(empty)


def path_of(url: str) -> str:
    return url.removeprefix(LOCAL)


def invited(house: House, role: str = "moderator", email: str = "") -> str:
    """Give the path of a fresh invitation."""
    made = invitations.invite(
        house.desk.writer, LOCAL, role=role, email=email, made_by="x", now=house.clock()
    )
    return path_of(made.url)


def join(browser: Browser, path: str, name: str = "Nia Newcomer", **form: str) -> TestResponse:
    browser.get(path)
    return browser.post(path, **{"name": name, "password": PASSWORD, "again": PASSWORD, **form})


def in_store(house: House, name: str) -> people.Account:
    with house.desk.reader.connect() as connection:
        found = people.find(connection, name)
    assert found
    return found


class TestFirstStart:
    def test_a_fresh_installation_has_no_account_and_one_link(self, empty: House) -> None:
        link = invitations.first_link(empty.desk.writer, LOCAL, empty.clock())
        assert link
        assert link.startswith(f"{LOCAL}/moderate/welcome/")
        answer = join(browser := empty.browser(), path_of(link), "Amina Yusuf")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/moderate/")
        assert browser.get("/moderate/people").status_code == 200

    def test_once_somebody_can_sign_in_there_is_none(self, ours: House) -> None:
        assert invitations.first_link(ours.desk.writer, LOCAL, ours.clock()) is None

    def test_a_newer_one_takes_the_place_of_an_older_one(self, empty: House) -> None:
        first, second = (
            invitations.first_link(empty.desk.writer, LOCAL, empty.clock()) for _ in range(2)
        )
        assert first
        assert second
        assert empty.browser().get(path_of(first)).status_code == 410
        assert empty.browser().get(path_of(second)).status_code == 200

    def test_it_works_no_longer_when_an_admin_came_in_another_way(self, empty: House) -> None:
        first = invitations.first_link(empty.desk.writer, LOCAL, empty.clock())
        join(empty.browser(), invited(empty, "admin"))
        assert first
        assert join(empty.browser(), path_of(first), "Second One").status_code == 410

    def test_the_sign_in_screen_says_where_the_link_is(self, empty: House) -> None:
        said = empty.browser().get("/moderate/sign-in").text
        assert empty.desk.say("sign-in-nobody") in said
        assert 'name="password"' not in said


class TestLinks:
    def test_looking_at_one_changes_nothing_however_often(self, ours: House) -> None:
        path = invited(ours)
        before = ours.contents()
        for method in ("GET", "HEAD", "GET"):
            assert ours.browser().open(method, path).status_code == 200
        assert ours.contents() == before

    def test_one_works_once(self, ours: House) -> None:
        path = invited(ours)
        assert join(ours.browser(), path).status_code == 303
        answer = join(ours.browser(), path, "Somebody Else")
        assert answer.status_code == 410
        assert "engaged invite" in answer.text
        assert len(ours.rows("person")) == 5

    def test_of_two_who_use_it_at_once_one_comes_in(self, ours: House) -> None:
        path = invited(ours)
        browsers = [ours.browser() for _ in range(4)]
        for browser in browsers:
            browser.get(path)
        statuses: list[int] = []
        start = threading.Barrier(len(browsers))

        def use(browser: Browser, name: str) -> None:
            start.wait()
            answer = browser.post(path, name=name, password=PASSWORD, again=PASSWORD)
            statuses.append(answer.status_code)

        threads = [
            threading.Thread(target=use, args=(browser, f"Nia {number}"))
            for number, browser in enumerate(browsers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [303, 410, 410, 410]
        assert len(ours.rows("person")) == 5

    @pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72, 410), (1000, 410)])
    def test_an_invitation_lasts_three_days(self, ours: House, hours: float, status: int) -> None:
        path = invited(ours)
        ours.clock.forward(hours=hours)
        assert ours.browser().get(path).status_code == status

    @pytest.mark.parametrize(("minutes", "status"), [(29, 200), (30, 410)])
    def test_a_link_for_a_new_password_lasts_half_an_hour(
        self, ours: House, minutes: int, status: int
    ) -> None:
        made = invitations.reset(
            ours.desk.writer, LOCAL, name=NAMES[Role.VIEWER], made_by="x", now=ours.clock()
        )
        ours.clock.forward(minutes=minutes)
        assert ours.browser().get(path_of(made.url)).status_code == status

    def test_guessing_finds_none(self, ours: House) -> None:
        invited(ours)
        browser = ours.browser()
        tokens = [f"{number:043d}" for number in range(100)] + ["%2e%2e", "x", "%00" * 43]
        assert {browser.get(f"/moderate/welcome/{token}").status_code for token in tokens} == {410}

    def test_the_store_knows_only_its_digest(self, ours: House) -> None:
        token = invited(ours).rpartition("/")[2]
        assert token not in " ".join(ours.rows("invite"))

    def test_role_and_mail_address_are_the_invitation_s_whatever_the_form_says(
        self, ours: House
    ) -> None:
        path = invited(ours, "viewer", "nia@library.example")
        join(ours.browser(), path, role="admin", email="evil@evil.example", person="1")
        account = in_store(ours, "Nia Newcomer")
        assert (account.role, account.email) == ("viewer", "nia@library.example")

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("", "name-empty"),
            (" \t ", "name-empty"),
            ("💥", "name-empty"),
            ("x" * 61, "name-long"),
            ("rule:sensitive", "name-signs"),
            ("mo@library.example", "name-signs"),
            ("<b>Nia</b>", "name-signs"),
            ("Nia\u202egnp", "name-signs"),
            ("Upstream", "name-signs"),
            ("MO  reyes", "name-taken"),
            ("Ｍｏ Ｒｅｙｅｓ", "name-taken"),
        ],
    )
    def test_a_name_that_will_not_do_costs_no_link(self, ours: House, name: str, key: str) -> None:
        path = invited(ours)
        answer = join(ours.browser(), path, name)
        assert answer.status_code == 422
        assert str(ours.desk.say(key)).partition("<")[0][:40] in answer.text
        assert join(ours.browser(), path).status_code == 303

    @pytest.mark.parametrize(
        "name", ["José Ñandú", "أمينة", "አማኑኤል ተስፋዬ", "Nguyễn Thị Ánh", "O'Brien-Smith", "می‌خواهم"]
    )
    def test_names_of_all_the_world_will_do(self, name: str) -> None:
        assert names.refusal(names.settle(name)) is None

    def test_two_passwords_that_differ_cost_no_link(self, ours: House) -> None:
        path = invited(ours)
        assert join(ours.browser(), path, again="x").status_code == 422
        assert join(ours.browser(), path).status_code == 303

    def test_what_was_typed_as_password_never_comes_back(self, ours: House) -> None:
        answer = join(ours.browser(), invited(ours), again="almost the same")
        assert PASSWORD not in answer.text
        assert "almost the same" not in answer.text

    def test_a_new_password_ends_every_session_and_the_old_password(self, ours: House) -> None:
        before = ours.signed_in(Role.MODERATOR)
        made = invitations.reset(
            ours.desk.writer, LOCAL, name=NAMES[Role.MODERATOR], made_by="x", now=ours.clock()
        )
        answer = join(
            ours.browser(),
            path_of(made.url),
            "Somebody Else",
            password=OTHER_PASSWORD,
            again=OTHER_PASSWORD,
        )
        assert answer.status_code == 303
        assert before.get("/moderate/account").status_code == 303
        assert ours.browser().sign_in(NAMES[Role.MODERATOR]).status_code == 403
        assert ours.browser().sign_in(NAMES[Role.MODERATOR], OTHER_PASSWORD).status_code == 303

    def test_a_newer_link_for_a_new_password_takes_the_place_of_an_older_one(self, ours: House) -> None:
        first, second = (
            invitations.reset(
                ours.desk.writer, LOCAL, name=NAMES[Role.VIEWER], made_by="x", now=ours.clock()
            )
            for _ in range(2)
        )
        assert ours.browser().get(path_of(first.url)).status_code == 410
        assert ours.browser().get(path_of(second.url)).status_code == 200

    def test_joining_in_a_browser_where_a_colleague_is_signed_in_signs_the_colleague_out(
        self, ours: House
    ) -> None:
        browser = ours.signed_in(Role.ADMIN)
        token, path = browser.token, invited(ours, "viewer")
        assert NAMES[Role.ADMIN] in browser.get(path).text
        join(browser, path)
        assert browser.get("/moderate/people").status_code == 403
        browser.hold(token)
        assert browser.get("/moderate/account").status_code == 303


class TestColleagues:
    def test_an_invitation_is_shown_once_and_kept_by_nobody(self, ours: House) -> None:
        admin = ours.signed_in(Role.ADMIN)
        admin.get("/moderate/people")
        answer = admin.post("/moderate/people/invite", role="editor", email="ed@library.example")
        (url,) = set(re.findall(rf"{LOCAL}/moderate/welcome/[\w-]+", answer.text))
        assert url not in admin.get("/moderate/people").text
        assert "ed@library.example" in admin.get("/moderate/people").text
        assert join(ours.browser(), path_of(url)).status_code == 303
        assert in_store(ours, "Nia Newcomer").role == "editor"

    @pytest.mark.parametrize(
        "form", [{"role": "owner"}, {"role": ""}, {"role": "viewer", "email": "no"}]
    )
    def test_an_invitation_that_cannot_be_is_explained(self, ours: House, form: dict[str, str]) -> None:
        answer = ours.signed_in(Role.ADMIN).post("/moderate/people/invite", **form)
        assert answer.status_code == 422
        assert ours.rows("invite") == []

    def test_one_that_is_withdrawn_opens_nothing(self, ours: House) -> None:
        path, admin = invited(ours), ours.signed_in(Role.ADMIN)
        found = re.search(r'name="invite" value="(\w+)"', admin.get("/moderate/people").text)
        assert found
        admin.post("/moderate/people/withdraw", invite=found[1])
        assert ours.browser().get(path).status_code == 410

    @pytest.mark.parametrize("change", ["role", "out"])
    def test_a_change_ends_their_sessions_and_the_links_they_made(
        self, ours: House, change: str
    ) -> None:
        admin, second = ours.signed_in(Role.ADMIN), populated_second_admin(ours)
        answer = second.post("/moderate/people/invite", role="admin")
        (url,) = set(re.findall(rf"{LOCAL}/moderate/welcome/[\w-]+", answer.text))
        number = in_store(ours, "Second Admin").id
        done = admin.post(f"/moderate/people/{number}/{change}", role="viewer", was="admin in")
        assert done.status_code == 303
        assert second.get("/moderate/account").status_code == 303
        assert ours.browser().get(path_of(url)).status_code == 410

    def test_somebody_who_was_let_go_can_be_let_in_again(self, ours: House) -> None:
        admin, number = ours.signed_in(Role.ADMIN), ours.people[Role.VIEWER].id
        admin.post(f"/moderate/people/{number}/out", was="viewer in")
        assert ours.browser().sign_in(NAMES[Role.VIEWER]).status_code == 403
        admin.post(f"/moderate/people/{number}/in", was="viewer out")
        assert ours.browser().sign_in(NAMES[Role.VIEWER]).status_code == 303

    @pytest.mark.parametrize("change", ["role", "out", "in"])
    def test_nobody_changes_themselves(self, ours: House, change: str) -> None:
        number, admin = ours.people[Role.ADMIN].id, ours.signed_in(Role.ADMIN)
        before = ours.contents()
        answer = admin.post(f"/moderate/people/{number}/{change}", role="viewer", was="admin in")
        assert answer.status_code == 409
        assert ours.contents() == before

    def test_two_admins_who_demote_each_other_at_once_leave_one(self, ours: House) -> None:
        first, second = ours.people[Role.ADMIN].id, 0
        with ours.desk.writer.begin() as connection:
            second = people.add(
                connection,
                name="Second Admin",
                email="",
                role="admin",
                password=STORED,
                now=ours.clock(),
            ).id
        refused: list[LastAdmin] = []
        start = threading.Barrier(2)

        def demote(number: int) -> None:
            start.wait()
            try:
                with ours.desk.writer.begin() as connection:
                    people.set_role(connection, number, "viewer")
            except LastAdmin as error:
                refused.append(error)

        threads = [threading.Thread(target=demote, args=(number,)) for number in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1

    def test_the_last_admin_stays(self, ours: House) -> None:
        number = ours.people[Role.ADMIN].id
        with ours.desk.writer.begin() as connection, pytest.raises(LastAdmin):
            people.set_active(connection, number, is_active=False)
        with ours.desk.writer.begin() as connection, pytest.raises(LastAdmin):
            people.set_role(connection, number, "editor")

    def test_nobody_gets_the_name_of_somebody_who_was_let_go(self, ours: House) -> None:
        with ours.desk.writer.begin() as connection:
            people.set_active(connection, ours.people[Role.MODERATOR].id, is_active=False)
        with ours.desk.writer.begin() as connection, pytest.raises(NameTaken):
            people.add(
                connection, name="mo reyes", email="", role="viewer", password="x", now=ours.clock()
            )

    def test_a_link_for_somebody_who_was_let_go_opens_nothing(self, ours: House) -> None:
        made = invitations.reset(
            ours.desk.writer, LOCAL, name=NAMES[Role.VIEWER], made_by="x", now=ours.clock()
        )
        with ours.desk.writer.begin() as connection:
            people.set_active(connection, ours.people[Role.VIEWER].id, is_active=False)
        with pytest.raises(LinkSpent):
            invitations.look(ours.desk.reader, made.url.rpartition("/")[2], ours.clock())


class TestAccount:
    def test_a_changed_password_ends_all_other_sessions_at_once(self, ours: House) -> None:
        here, there = ours.signed_in(Role.MODERATOR), ours.signed_in(Role.MODERATOR)
        before = here.token
        answer = here.post(
            "/moderate/account/password", current=PASSWORD, password=OTHER_PASSWORD, again=OTHER_PASSWORD
        )
        assert answer.headers["Location"] == "/moderate/account?done=password"
        assert there.get("/moderate/account").status_code == 303
        assert here.get("/moderate/account").status_code == 200
        assert here.token != before
        assert ours.browser().sign_in(NAMES[Role.MODERATOR], OTHER_PASSWORD).status_code == 303

    @pytest.mark.parametrize(
        ("current", "password", "again"),
        [
            ("not mine at all", OTHER_PASSWORD, OTHER_PASSWORD),
            (PASSWORD, "short", "short"),
            (PASSWORD, OTHER_PASSWORD, "another thing entirely"),
            (PASSWORD, "Mo Reyes Mo Reyes", "Mo Reyes Mo Reyes"),
            (PASSWORD, "EngagedLibraries2026!", "EngagedLibraries2026!"),
        ],
    )
    def test_one_that_will_not_do_changes_nothing(
        self, ours: House, current: str, password: str, again: str
    ) -> None:
        browser = ours.signed_in(Role.MODERATOR)
        answer = browser.post(
            "/moderate/account/password", current=current, password=password, again=again
        )
        assert answer.status_code == 422
        assert "mistake" in answer.text
        assert ours.browser().sign_in(NAMES[Role.MODERATOR]).status_code == 303

    def test_guessing_the_password_in_a_browser_left_open_waits_like_at_the_door(
        self, ours: House
    ) -> None:
        browser = ours.signed_in(Role.MODERATOR)
        form = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
        statuses = [
            browser.post("/moderate/account/password", current="guess", **form).status_code
            for _ in range(6)
        ]
        assert statuses == [422] * 5 + [429]

    def test_one_other_browser_can_be_signed_out(self, ours: House) -> None:
        here, there = ours.signed_in(Role.VIEWER), ours.signed_in(Role.VIEWER)
        found = re.search(r'name="session" value="(\w+)"', here.get("/moderate/account").text)
        assert found
        here.post("/moderate/account/end-session", session=found[1])
        assert there.get("/moderate/account").status_code == 303
        assert here.get("/moderate/account").status_code == 200

    def test_nobody_signs_out_somebody_else(self, ours: House) -> None:
        here, other = ours.signed_in(Role.VIEWER), ours.signed_in(Role.ADMIN)
        with ours.desk.reader.connect() as connection:
            (session,) = people.sessions_of(connection, ours.people[Role.ADMIN].id)
        here.post("/moderate/account/end-session", session=session.digest)
        assert other.get("/moderate/account").status_code == 200

    def test_signing_out_everywhere_includes_here(self, ours: House) -> None:
        here, there = ours.signed_in(Role.VIEWER), ours.signed_in(Role.VIEWER)
        tokens = here.token, there.token
        here.post("/moderate/account/end-all")
        for token in tokens:
            here.hold(token)
            assert here.get("/moderate/account").status_code == 303

    def test_sessions_that_are_over_are_not_listed(self, ours: House) -> None:
        ours.signed_in(Role.VIEWER)
        ours.clock.forward(hours=2)
        here = ours.signed_in(Role.VIEWER)
        assert here.get("/moderate/account").text.count("Firefox, Linux") == 1

    def test_single_keys_can_be_turned_off_and_on(self, ours: House) -> None:
        browser = ours.signed_in(Role.VIEWER)
        assert "checked" in browser.get("/moderate/account").text
        browser.post("/moderate/account/choices")
        assert " checked" not in browser.get("/moderate/account").text
        browser.post("/moderate/account/choices", keys="on")
        assert " checked" in browser.get("/moderate/account").text


def populated_second_admin(house: House) -> Browser:
    """Give a browser of a second admin."""
    with house.desk.writer.begin() as connection:
        people.add(
            connection, name="Second Admin", email="", role="admin", password=STORED, now=house.clock()
        )
    browser = house.browser()
    browser.sign_in("Second Admin")
    browser.get("/moderate/people")
    return browser


def test_invitations_and_sessions_of_long_ago_are_forgotten(ours: House) -> None:
    ours.signed_in(Role.VIEWER)
    ours.clock.at += timedelta(days=3)
    ours.signed_in(Role.ADMIN)
    assert len(ours.rows("session")) == 1
