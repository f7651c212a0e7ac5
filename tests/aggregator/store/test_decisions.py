"""Deciding: every state and action, stale versions, undo, and the chain that tells of tampering."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import Conflicts, DecisionError, NotAllowed, StaleDecision, UnknownItem
from aggregator.item import Action, Author, Media, State
from aggregator.store import decisions, proof, published, queue
from aggregator.store.decisions import Wanted, next_state
from aggregator.store.runs import Claim
from tests.aggregator.store.making import SLUG, claim, count, decide, declare, found, post, take


@pytest.fixture
def item_id(writer: Engine, now: datetime) -> str:
    declare(writer, now, "river")
    media = (Media("https://river.example/p.jpg", "image"),)
    take(writer, claim(writer, now, "river"), now, found(post(1, media=media)))
    with writer.connect() as connection:
        (one,) = queue.listing(connection)
    return one.id


def state(engine: Engine, item_id: str) -> tuple[State, int]:
    with engine.connect() as connection:
        (one,) = [one for one in queue.listing(connection) if one.id == item_id]
    return one.state, one.version


def shown(reader: Engine) -> list[str]:
    return [one.id for one in published.Door(reader).latest(SLUG, 20)]


def refusal(
    engine: Engine, action: Action, item_id: str, now: datetime, **more: object
) -> DecisionError:
    with pytest.raises(Conflicts) as caught:
        decide(engine, action, item_id, now, **more)
    (error,) = caught.value.errors
    return error


# The whole table, readable in place: rows are states, columns what each action leads to.
FITS = {
    "pending": "approve:approved reject:rejected hold:held requeue:pending amend:pending",
    "held": "approve:approved reject:rejected hold:held requeue:pending amend:held",
    "approved": "approve:approved reject:rejected hold:held requeue:pending amend:approved "
    "feature:approved unfeature:approved",
    "rejected": "approve:approved reject:rejected hold:held requeue:pending amend:rejected",
    "taken-down": "restore:approved",
    "withdrawn": "",
}
ALWAYS = {"withdraw": "withdrawn"}
TAKEN_DOWN = {"take-down": "taken-down"}


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("action", list(Action))
def test_every_state_and_action_leads_where_the_table_says(before: State, action: Action) -> None:
    fits = dict(pair.split(":") for pair in FITS[before].split()) | ALWAYS
    fits |= TAKEN_DOWN if before is not State.WITHDRAWN else {}
    after = next_state(before, action)
    assert (after.value if after else None) == fits.get(action.value)


def test_putting_back_an_item_that_changed_meanwhile_sends_it_to_the_queue() -> None:
    assert next_state(State.TAKEN_DOWN, Action.RESTORE, is_approved_current=False) is State.PENDING


def test_approved_item_is_public_and_everything_else_is_not(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    for action, is_public in [
        (Action.APPROVE, True),
        (Action.HOLD, False),
        (Action.APPROVE, True),
        (Action.REJECT, False),
        (Action.APPROVE, True),
        (Action.TAKE_DOWN, False),
        (Action.RESTORE, True),
        (Action.REQUEUE, False),
        (Action.APPROVE, True),
        (Action.WITHDRAW, False),
    ]:
        decide(writer, action, item_id, now)
        assert shown(reader) == ([item_id] if is_public else []), action


def test_undo_walks_back_through_everything_that_was_decided(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    way = [
        Action.APPROVE,
        Action.FEATURE,
        Action.AMEND,
        Action.UNFEATURE,
        Action.HOLD,
        Action.REJECT,
        Action.APPROVE,
        Action.TAKE_DOWN,
        Action.RESTORE,
        Action.WITHDRAW,
    ]
    faces = [_face(reader, item_id, now)]
    for action in way:
        decide(writer, action, item_id, now, changes={"excerpt": "short"} if action == "amend" else {})
        faces.append(_face(reader, item_id, now))
    for before, after in reversed(list(pairwise(faces))):
        assert _face(reader, item_id, now) == after
        decide(writer, Action.UNDO, item_id, now)
        assert _face(reader, item_id, now) == before
    assert isinstance(refusal(writer, Action.UNDO, item_id, now), NotAllowed)
    with reader.connect() as connection:
        assert list(proof.broken_promises(connection)) == []


def _face(reader: Engine, item_id: str, now: datetime) -> tuple[object, ...]:
    """Give all that the public can tell of an item, but when it changed."""
    door = published.Door(reader)
    one = door.one(SLUG, item_id)
    content = (one.item, one.excerpt) if isinstance(one, published.Shown) else type(one)
    in_slot = door.in_slot(SLUG, "post", now)
    return state(reader, item_id)[0], content, in_slot.id if in_slot else None


def test_author_s_withdrawal_cannot_be_undone(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    decide(writer, Action.APPROVE, item_id, now)
    decide(writer, Action.WITHDRAW, item_id, now, actor="upstream", who="")
    for action in (Action.UNDO, Action.RESTORE, Action.APPROVE):
        assert isinstance(refusal(writer, action, item_id, now), NotAllowed)
    assert shown(reader) == []


def test_stale_decision_is_refused_with_what_happened_meanwhile(
    writer: Engine, item_id: str, now: datetime
) -> None:
    decide(writer, Action.APPROVE, item_id, now, version=1, who="shell:ana")
    error = refusal(writer, Action.REJECT, item_id, now, version=1, who="shell:ben")
    assert isinstance(error, StaleDecision)
    assert (error.looked_at, error.version, error.meanwhile) == (1, 2, ("approve by shell:ana",))


def test_decision_on_a_text_that_was_edited_meanwhile_is_stale(
    writer: Engine, item_id: str, now: datetime
) -> None:
    later = now + timedelta(minutes=3)
    take(writer, claim(writer, later, "river"), later, found(post(1, "Edited")))
    error = refusal(writer, Action.APPROVE, item_id, now, version=1)
    assert isinstance(error, StaleDecision)
    assert error.meanwhile == ("edit at its origin",)


def test_what_an_edit_or_its_origin_did_is_told_as_that(
    writer: Engine, item_id: str, now: datetime
) -> None:
    decide(writer, Action.APPROVE, item_id, now)
    decide(writer, Action.REQUEUE, item_id, now, actor="edit-policy", who="")
    decide(writer, Action.WITHDRAW, item_id, now, actor="upstream", who="")
    error = refusal(writer, Action.APPROVE, item_id, now, version=2)
    assert isinstance(error, StaleDecision)
    assert error.meanwhile == ("requeue by an edit at its origin", "withdraw by its origin")


def test_two_people_at_once_one_decision_stands_and_the_other_is_told(
    writer: Engine, item_id: str, now: datetime
) -> None:
    def click(action: Action) -> object:
        try:
            return decide(writer, action, item_id, now, version=1).action
        except Conflicts as conflicts:
            return conflicts.errors[0].code

    with ThreadPoolExecutor(2) as two:
        assert sorted(map(str, two.map(click, [Action.APPROVE, Action.REJECT])))[-1] == "stale"


def test_many_decisions_are_made_together_or_not_at_all(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    wanted = [
        Wanted(item_id, Action.APPROVE, "shell"),
        Wanted("nobodyknows0", Action.APPROVE, "shell"),
        Wanted(item_id, Action.HOLD, "shell"),
    ]
    with pytest.raises(Conflicts) as caught, writer.begin() as connection:
        decisions.decide(connection, wanted, now)
    assert [type(error) for error in caught.value.errors] == [UnknownItem, NotAllowed]
    assert state(reader, item_id) == (State.PENDING, 1)


def test_doing_it_twice_changes_nothing(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    first = decide(writer, Action.APPROVE, item_id, now)
    again = decide(writer, Action.APPROVE, item_id, now)
    assert (first.version, again.version, again.number) == (2, 2, None)
    assert published.Door(reader).version(SLUG) == 1


def test_approving_again_shows_the_newest_words(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    decide(writer, Action.APPROVE, item_id, now)
    later = now + timedelta(minutes=3)
    take(writer, claim(writer, later, "river"), later, found(post(1, "Newer")), on_edit="keep")
    decide(writer, Action.APPROVE, item_id, later)
    (one,) = published.Door(reader).latest(SLUG, 5)
    assert one.item.text == "Newer"


def test_amendment_shows_beside_the_approved_words_and_survives_approval(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    words = {"alt": "A bus full of books", "label": "News", "excerpt": "Short", "place": "Riverside"}
    decide(
        writer, Action.AMEND, item_id, now, changes=words | {"kind": "story", "library": "Riverside PL"}
    )
    decide(writer, Action.APPROVE, item_id, now)
    (one,) = published.Door(reader).latest(SLUG, 5)
    assert (one.item.media[0].alt, one.item.label, one.item.kind) == (
        "A bus full of books",
        "News",
        "story",
    )
    assert (one.excerpt, one.place, one.library) == ("Short", "Riverside", "Riverside PL")


def test_amendment_of_something_else_is_refused_with_what_can_be_amended(
    writer: Engine, item_id: str, now: datetime
) -> None:
    error = refusal(writer, Action.AMEND, item_id, now, changes={"text": "my own words"})
    assert "excerpt" in str(error)


def test_amendment_to_a_kind_that_does_not_exist_is_refused_with_those_that_do(
    writer: Engine, item_id: str, now: datetime
) -> None:
    error = refusal(writer, Action.AMEND, item_id, now, changes={"kind": "nonsense"})
    assert "nonsense is no kind" in str(error)
    assert "story" in str(error)


def test_featured_place_is_never_empty_while_anything_is_approved(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    take(writer, _claim_later(writer, now), now, found(post(2)))
    with reader.connect() as connection:
        other = next(one.id for one in queue.listing(connection) if one.id != item_id)
    door = published.Door(reader)
    assert door.in_slot(SLUG, "post", now) is None
    decide(writer, Action.APPROVE, item_id, now)
    decide(writer, Action.APPROVE, other, now)
    decide(writer, Action.FEATURE, item_id, now, until=now + timedelta(days=7))
    assert _in_slot(door, now) == item_id
    decide(writer, Action.FEATURE, other, now, until=now + timedelta(days=1))
    assert _in_slot(door, now) == other
    assert door.slot_changes_at(SLUG, now) == now + timedelta(days=1)
    assert _in_slot(door, now + timedelta(days=2)) == item_id
    decide(writer, Action.TAKE_DOWN, item_id, now)
    assert _in_slot(door, now + timedelta(days=2)) == other


def _in_slot(door: published.Door, now: datetime) -> str | None:
    one = door.in_slot(SLUG, "post", now)
    return one.id if one else None


def _claim_later(writer: Engine, now: datetime) -> Claim:
    return claim(writer, now + timedelta(minutes=5), "river", "later")


def test_objection_of_a_nameless_author_is_refused(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    take(writer, claim(writer, now, "river"), now, found(post(1, author=Author())))
    with writer.connect() as connection:
        (one,) = queue.listing(connection)
    assert isinstance(refusal(writer, Action.WITHDRAW, one.id, now, reason="objection"), NotAllowed)


@pytest.fixture
def two_of_one_author(writer: Engine, item_id: str, now: datetime) -> tuple[str, str]:
    take(writer, _claim_later(writer, now), now, found(post(2)))
    with writer.connect() as connection:
        other = next(one.id for one in queue.listing(connection) if one.id != item_id)
    return item_id, other


def _objections(engine: Engine) -> int:
    with engine.connect() as connection:
        return count(connection, "objection")


def test_objection_stands_as_long_as_one_decision_says_so(
    writer: Engine, two_of_one_author: tuple[str, str], now: datetime
) -> None:
    first, second = two_of_one_author
    decide(writer, Action.TAKE_DOWN, first, now, reason="objection")
    decide(writer, Action.REJECT, second, now, reason="objection")
    decide(writer, Action.UNDO, second, now)
    assert _objections(writer) == 1
    decide(writer, Action.UNDO, first, now)
    assert _objections(writer) == 0


def test_undoing_several_objections_at_once_takes_back_the_author_s(
    writer: Engine, two_of_one_author: tuple[str, str], now: datetime
) -> None:
    for one in two_of_one_author:
        decide(writer, Action.REJECT, one, now, reason="objection")
    with writer.begin() as connection:
        undoing = [Wanted(one, Action.UNDO, "shell") for one in two_of_one_author]
        decisions.decide(connection, undoing, now)
    assert _objections(writer) == 0


@pytest.mark.parametrize("action", [Action.REJECT, Action.TAKE_DOWN, Action.WITHDRAW])
def test_objection_counts_though_the_post_is_away_already(
    writer: Engine, reader: Engine, item_id: str, now: datetime, action: Action
) -> None:
    before = decide(writer, action, item_id, now).state
    assert decide(writer, action, item_id, now, reason="objection").state is before
    assert _objections(writer) == 1
    assert decide(writer, Action.UNDO, item_id, now).state is before
    assert _objections(writer) == 0
    with reader.connect() as connection:
        assert count(connection, "withdrawal") == (action is Action.WITHDRAW)
        assert list(proof.broken_promises(connection)) == []


def test_change_of_the_public_is_told_with_its_items(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    door = published.Door(reader)
    decide(writer, Action.HOLD, item_id, now)
    assert door.version(SLUG) == 0
    decide(writer, Action.APPROVE, item_id, now)
    assert door.touched(SLUG, 0) == published.Touched(1, frozenset({item_id}))
    assert door.touched(SLUG, 1) == published.Touched(1, frozenset())
    assert door.touched(SLUG, 99).everything


def test_first_showing_is_remembered_and_a_removal_answers_gone(
    writer: Engine, reader: Engine, item_id: str, now: datetime
) -> None:
    door = published.Door(reader)
    decide(writer, Action.TAKE_DOWN, item_id, now)
    assert door.one(SLUG, item_id) is None, "what was never public is not gone, it never was"
    decide(writer, Action.UNDO, item_id, now)
    decide(writer, Action.APPROVE, item_id, now)
    later = now + timedelta(days=1)
    decide(writer, Action.TAKE_DOWN, item_id, later)
    assert door.one(SLUG, item_id) == published.Gone(item_id, later)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE decision SET action = 'reject'",
        "DELETE FROM decision",
        "INSERT OR REPLACE INTO decision SELECT * FROM decision",
        "UPDATE revision SET text = 'rewritten'",
        "INSERT OR REPLACE INTO revision SELECT * FROM revision",
    ],
)
def test_history_refuses_to_be_rewritten(
    writer: Engine, item_id: str, now: datetime, tampering: str
) -> None:
    decide(writer, Action.APPROVE, item_id, now)
    with pytest.raises(DBAPIError), writer.begin() as connection:
        connection.execute(text(tampering))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE decision SET reason = 'x' WHERE number = 2",
        "UPDATE decision SET at = '2020-01-01 00:00:00' WHERE number = 1",
        "DELETE FROM decision_words WHERE number = 3; DELETE FROM decision WHERE number = 3",
        "DELETE FROM decision_words WHERE number = 2; DELETE FROM decision WHERE number = 2",
        "UPDATE decision_words SET who = 'somebody else' WHERE number = 1",
        "UPDATE item SET state = 'rejected'",
        "UPDATE revision SET text = 'rewritten'",
        "UPDATE campaign SET chain_length = 2",
        "DELETE FROM facet",
        "UPDATE facet SET value = 'another' WHERE name = 'tag'",
    ],
)
def test_proof_finds_what_was_rewritten_behind_our_back(
    writer: Engine, item_id: str, now: datetime, tampering: str
) -> None:
    for action in (Action.APPROVE, Action.HOLD, Action.APPROVE):
        decide(writer, action, item_id, now)
    with writer.begin() as connection:
        assert list(proof.broken_promises(connection)) == []
        _without_triggers(connection)
        for statement in tampering.split(";"):
            connection.execute(text(statement))
        assert list(proof.broken_promises(connection)) != []
        missing = [said for said in proof.broken_promises(connection) if "trigger" not in said]
        assert missing, "found by its content, not only by the missing triggers"


def _without_triggers(connection: object) -> None:
    if connection.dialect.name == "sqlite":  # type: ignore[attr-defined] - a Connection
        for name in (
            "decision_is_never_changed",
            "decision_is_never_deleted",
            "revision_is_never_changed",
        ):
            connection.execute(text(f"DROP TRIGGER {name}"))  # type: ignore[attr-defined]
    else:
        for table in ("decision", "revision"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))  # type: ignore[attr-defined]


def test_emptied_names_leave_the_chain_whole(writer: Engine, item_id: str, now: datetime) -> None:
    decide(writer, Action.APPROVE, item_id, now, note="a private remark")
    with writer.begin() as connection:
        connection.execute(text("UPDATE decision_words SET salt = '', who = '', note = ''"))
        assert list(proof.broken_promises(connection)) == []


def test_public_engine_cannot_write(reader: Engine, item_id: str) -> None:
    with pytest.raises(DBAPIError), reader.begin() as connection:
        connection.execute(text("UPDATE item SET state = 'approved'"))


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE item SET state = 'approved'",
        "UPDATE item SET state = 'published'",
        "UPDATE item SET approved_revision = 7",
        "UPDATE item SET source_id = 99",
    ],
)
def test_database_itself_refuses_what_cannot_be(writer: Engine, item_id: str, nonsense: str) -> None:
    with pytest.raises(DBAPIError), writer.begin() as connection:
        connection.execute(text(nonsense))


def test_decisions_are_counted_without_gaps(writer: Engine, item_id: str, now: datetime) -> None:
    for action in (Action.APPROVE, Action.HOLD, Action.APPROVE):
        decide(writer, action, item_id, now)
    with writer.connect() as connection:
        numbers = connection.execute(text("SELECT number FROM decision ORDER BY number")).scalars().all()
        assert (list(numbers), count(connection, "decision_words")) == ([1, 2, 3], 3)
