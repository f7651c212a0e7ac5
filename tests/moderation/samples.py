"""One sample for each row of moderation: what a good request is, and what can go wrong with it.

The matrix (test_walls_matrix.py) asks every row as everybody with these. A row without a sample fails
it: add one here when you add a row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aggregator.copies import held_file
from aggregator.item import Action
from aggregator.store import people
from aggregator.store.issues import Issue
from moderation import actions, invitations, static
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation import editions as mails
from tests.moderation.house import PASSWORD, SLUG, House

COLLEAGUE = "Colette Baptiste"
NOWHERE = "zzzzzzzzzzzz"


@dataclass(frozen=True)
class Sample:
    """A good request for one row, made for the house as it is now.

    Attributes:
        names: the parts of the address.
        form: what a good form says, besides its token.
        done: the status of its answer.
        missing: parts of addresses at which there is nothing, each answered with `gone`.
        meanwhile: what somebody else does after the form was shown, so that it is stale.
        late: the status of the answer then.
        is_kept: a browser may keep the answer.
    """

    names: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    done: int = 200
    missing: tuple[dict[str, str], ...] = ()
    gone: int = 404
    meanwhile: Callable[[], object] | None = None
    late: int = 409
    is_kept: bool = False


def furnish(house: House) -> None:
    """Put a source, a waiting item and a colleague that forms are about into the house."""
    with house.desk.writer.begin() as connection:
        people.add(
            connection, name=COLLEAGUE, email="", role="viewer", password="argon2", now=house.clock()
        )
    making.declare(house.desk.writer, house.clock(), "river")
    claimed = making.claim(house.desk.writer, house.clock(), "river")
    making.take(house.desk.writer, claimed, house.clock(), making.found(making.post()))


def sign_in(house: House) -> Sample:
    return Sample(form={"name": house.people[Role.VIEWER].name, "password": PASSWORD}, done=303)


def link(house: House) -> Sample:
    made = invitations.invite(
        house.desk.writer, house.desk.settings.public_url, role="viewer", email="", made_by="shell:t",
        now=house.clock(),
    )  # fmt: skip
    token = made.url.rpartition("/")[2]
    return Sample(
        {"token": token},
        {"name": f"Newcomer {token[:6].replace('-', 'x')}1", "password": PASSWORD, "again": PASSWORD},
        missing=({"token": "x" * 43}, {"token": "short"}),
        gone=410,
        meanwhile=lambda: _use_up(house, token),
        late=410,
    )


def join(house: House) -> Sample:
    found = link(house)
    return Sample(found.names, found.form, 303, found.missing, 410, found.meanwhile, 410)


def invitation(house: House) -> Sample:
    token = link(house).names["token"]
    with house.desk.reader.connect() as connection:
        newest = people.waiting_invites(connection, house.clock())[0]
    return Sample(
        form={"invite": newest.digest},
        done=303,
        meanwhile=lambda: _use_up(house, token),
        late=303,
    )


def colleague(house: House, *, is_active: bool = True, done: int = 303, **form: str) -> Sample:
    """Give a form about a colleague, as the list of people shows it."""
    with house.desk.reader.connect() as connection:
        there = people.find(connection, COLLEAGUE)
    assert there
    number = there.id
    _change(house, lambda connection: people.set_active(connection, number, is_active=is_active))
    _change(house, lambda connection: people.set_role(connection, number, "viewer"))
    was = f"viewer {'in' if is_active else 'out'}"
    return Sample(
        {"person": str(number)},
        {"was": was, **form},
        done,
        missing=({"person": "99999"}, {"person": "x"}, {"person": "9" * 30}),
        meanwhile=lambda: _change(
            house, lambda connection: people.set_active(connection, number, is_active=not is_active)
        ),
    )


def item(house: House) -> dict[str, str]:
    return {"campaign": SLUG, "item": _newest(house).id}


def nowhere(**names: str) -> tuple[dict[str, str], ...]:
    return tuple({"campaign": SLUG, **names, key: value} for key, value in _wrong(names))


def _wrong(names: dict[str, str]) -> list[tuple[str, str]]:
    return [
        ("campaign", "no-campaign"),
        *((key, NOWHERE) for key in names),
        *((key, "X") for key in names),
    ]


def decide(house: House) -> Sample:
    listed = _newest(house)
    action = "hold" if listed.state.value == "pending" else "requeue"
    form = {"item": listed.id, "version": str(listed.version), "revision": "1", "action": action}
    return Sample(
        {"campaign": SLUG},
        form,
        303,
        missing=({"campaign": "no-campaign"},),
        meanwhile=lambda: _decide(house, Action.APPROVE),
    )


def undo(house: House) -> Sample:
    return Sample({"campaign": SLUG}, {"state": "waiting"}, 303, ({"campaign": "no-campaign"},))


def amend(house: House) -> Sample:
    listed = _newest(house)
    return Sample(
        item(house),
        {"version": str(listed.version), "library": f"Library {listed.version}"},
        303,
        nowhere(item=listed.id),
        meanwhile=lambda: _decide(house, Action.APPROVE),
    )


def source(house: House) -> Sample:
    return Sample(
        {"campaign": SLUG, "source": "river"}, {}, 303, ({"campaign": "no", "source": "river"},)
    )


def _in_campaign(house: House) -> Sample:
    return Sample({"campaign": SLUG}, missing=({"campaign": "no-campaign"},))


def _of_item(house: House) -> Sample:
    return Sample(item(house), missing=nowhere(item=_newest(house).id))


def _held(house: House) -> Sample:
    file = held_file(house.desk.media, "ab" * 12, 320)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"RIFF")
    missing = ("nothing", "../x", f"{'cd' * 12}-320.webp", f"{'ab' * 12}-320.jpg")
    return Sample(
        {"name": f"{'ab' * 12}-320.webp"},
        missing=tuple({"name": name} for name in missing),
    )


def _of_issue(
    issue: Issue, form: dict[str, Any] | None = None, meanwhile: Callable[[], object] | None = None
) -> Sample:
    names = {"campaign": SLUG, "number": str(issue.number)}
    wrong = [("campaign", "no-campaign"), *(("number", each) for each in ("0", "x", "99999", "1.0"))]
    missing = tuple({**names, key: value} for key, value in wrong)
    return Sample(names, form or {}, 200 if form is None else 303, missing, meanwhile=meanwhile)


def _about_reader(house: House, done: int = 303, **form: str) -> Sample:
    return Sample(
        {"campaign": SLUG},
        {"address": mails.reader(house), **form},
        done,
        ({"campaign": "no-campaign"},),
    )


SAMPLES: dict[str, Callable[[House], Sample]] = {
    "sign-in": lambda house: Sample(),
    "sign-in-try": sign_in,
    "sign-out": lambda house: Sample(done=303),
    "welcome": link,
    "welcome-join": join,
    "account": lambda house: Sample(),
    "account-password": lambda house: Sample(
        form={"current": PASSWORD, "password": PASSWORD, "again": PASSWORD}, done=303
    ),
    "account-choices": lambda house: Sample(form={"keys": "on"}, done=303),
    "account-end-session": lambda house: Sample(form={"session": "no such session"}, done=303),
    "account-end-all": lambda house: Sample(done=303),
    "people": lambda house: Sample(),
    "people-invite": lambda house: Sample(form={"role": "viewer", "email": "new@library.example"}),
    "people-withdraw": invitation,
    "people-role": lambda house: colleague(house, role="moderator"),
    "people-out": colleague,
    "people-in": lambda house: colleague(house, is_active=False),
    "people-reset": lambda house: colleague(house, done=200),
    "home": lambda house: Sample(done=303),
    "start": _in_campaign,
    "queue": _in_campaign,
    "decide": decide,
    "undo": undo,
    "item": _of_item,
    "amend": amend,
    "preview": _of_item,
    "held-picture": _held,
    "sources": _in_campaign,
    "appearances": _in_campaign,
    "source-collect": source,
    "source-pause": source,
    "source-wake": source,
    "static": lambda house: Sample(
        {"name": next(iter(static.FILES))}, missing=({"name": "nothing.js"}, {"name": "..%2fapp.py"})
    ),
    "highlights": _in_campaign,
    "highlights-draft": lambda house: Sample(
        {"campaign": SLUG}, {}, 303, ({"campaign": "no-campaign"},)
    ),
    "issue": lambda house: _of_issue(mails.drafted(house)),
    "issue-keep": lambda house: _of_issue(
        found := mails.drafted(house),
        mails.versioned(found, act="keep", **{"subject:en": "Παγκάκια"}),
        lambda: mails.edited(house, found, subject={"en": "Έξι παγκάκια"}),
    ),
    "issue-preview": lambda house: _of_issue(mails.drafted(house)),
    "issue-file": lambda house: _of_issue(mails.drafted(house)),
    "issue-approve": lambda house: _of_issue(
        found := mails.waiting_for_another(house),
        mails.versioned(found, digest=found.digest),
        lambda: mails.reopened(house, found),
    ),
    "issue-reopen": lambda house: _of_issue(
        found := mails.waiting_for_another(house),
        mails.versioned(found),
        lambda: mails.reopened(house, found),
    ),
    "issue-skip": lambda house: _of_issue(
        found := mails.drafted(house),
        mails.versioned(found, why="Αργία"),
        lambda: mails.edited(house, found, subject={"en": "Έξι παγκάκια"}),
    ),
    "issue-test": lambda house: _of_issue(mails.drafted(house), {"to": "me"}),
    "sending": lambda house: _of_issue(mails.on_its_way(house)),
    "sending-pause": lambda house: _of_issue(
        found := mails.on_its_way(house), {}, lambda: mails.paused(house, found)
    ),
    "sending-resume": lambda house: _of_issue(
        found := mails.paused(house, mails.on_its_way(house)), {}, lambda: mails.resumed(house, found)
    ),
    "sending-retry": lambda house: _of_issue(
        found := mails.on_its_way(house), {}, lambda: mails.retried(house, found)
    ),
    "sending-settle": lambda house: _of_issue(
        found := mails.on_its_way(house),
        {"act": f"sent:{mails.in_doubt(house, found)}"},
        lambda: mails.settled(house, found),
    ),
    "subscribers": _in_campaign,
    "subscribers-find": lambda house: _about_reader(house, 200),
    "subscribers-stop": _about_reader,
    "subscribers-release": _about_reader,
    "subscribers-erase": lambda house: _about_reader(house, sure="on"),
    "subscribers-import": lambda house: Sample(
        {"campaign": SLUG}, {"list": mails.Upload(), "mine": "on"}, 200, ({"campaign": "no-campaign"},)
    ),
    "subscribers-export": _in_campaign,
}
NEVER_STALE: dict[str, str] = {
    "sign-in-try": "it is judged by what is stored at that moment",
    "sign-out": "who is signed out already is told so",
    "account-password": "the password now is part of the form",
    "account-choices": "it says what is wanted, whatever was there before",
    "account-end-session": "a session that ended already stays ended",
    "account-end-all": "all means all there are then",
    "people-invite": "it begins something new",
    "undo": "it takes back one's own last decision that still stands, whichever that is",
    "source-collect": "it says what is wanted, whatever was there before",
    "source-pause": "it says what is wanted, whatever was there before",
    "source-wake": "it says what is wanted, whatever was there before",
    "highlights-draft": "the edition that this week has meanwhile is shown instead",
    "issue-test": "it sends what stands there at that moment",
    "subscribers-find": "it only looks",
    "subscribers-stop": "it says what is wanted, whatever was there before",
    "subscribers-release": "it says what is wanted, whatever was there before",
    "subscribers-erase": "who is gone already stays gone",
    "subscribers-import": "who is there already stays as they are",
}
"""The rows whose form cannot be outdated, with the reason."""
OPEN_TO_ALL = frozenset({"sign-in", "sign-in-try", "welcome", "welcome-join", "static"})
"""The rows that ask for no role. Whoever adds one writes it here, and says why in the commit."""


def _newest(house: House) -> Any:
    return actions.listing(house.desk.reader)[0]


def _decide(house: House, action: Action) -> None:
    making.decide(house.desk.writer, action, _newest(house).id, house.clock() + timedelta(seconds=1))


def _change(house: House, act: Callable[[Any], object]) -> None:
    with house.desk.writer.begin() as connection:
        act(connection)


def _use_up(house: House, token: str) -> None:
    invitations.accept(
        house.desk.writer, token, name="Somebody Quicker", password="argon2", now=house.clock()
    )
