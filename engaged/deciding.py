"""`engaged items`, `engaged decide`, `engaged verify`: moderation from the shell."""

from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime

from aggregator.errors import Conflicts, DecisionError
from aggregator.item import Action, State
from aggregator.settings import Settings
from aggregator.store.decisions import AMENDABLE, Decided
from aggregator.store.queue import Listed
from engaged import doors
from engaged.configure import settings_for
from engaged.terminal import WrongUse, answer, document, tell
from moderation import actions


def items(arguments: Namespace) -> int:
    """List items, newest first."""
    settings = settings_for(arguments.config)
    _must_know(settings, arguments.campaign)
    with doors.reader(settings) as engine:
        found = actions.listing(
            engine,
            campaign=arguments.campaign,
            state=State(arguments.state) if arguments.state else None,
            waiting=arguments.queue,
            limit=arguments.limit,
            after=arguments.after,
        )
    if arguments.json:
        document({"items": [actions.as_json(listed) for listed in found]})
        return 0
    for listed in found:
        answer(in_words(listed))
    if not found:
        tell(_nothing(arguments))
    return 0


def decide(arguments: Namespace) -> int:
    """Decide on some items: on all of them, or, when one is refused, on none."""
    action = Action(arguments.action)
    _must_fit(action, arguments.reason, dict(arguments.changes))
    settings = settings_for(arguments.config)
    try:
        with doors.writer(settings) as engine:
            decided = actions.decide(
                engine,
                action,
                arguments.targets,
                actor="shell",
                who=f"shell:{arguments.name}",
                now=datetime.now(UTC),
                reason=arguments.reason,
                note=arguments.note,
                changes=dict(arguments.changes),
            )
    except Conflicts as conflicts:
        return _refused(conflicts.errors, as_json=arguments.json)
    _say(decided, as_json=arguments.json)
    return 0


def verify(arguments: Namespace) -> int:
    """Prove that the store keeps its promises, or say which ones it does not keep."""
    settings = settings_for(arguments.config)
    with doors.reader(settings) as engine:
        broken = actions.verify(engine)
    if arguments.json:
        document({"broken": broken})
    for sentence in broken:
        tell(sentence)
    if not broken and not arguments.json:
        answer("Every promise of the store holds.")
    return 1 if broken else 0


def in_words(listed: Listed) -> str:
    """Give one line about an item: its id as `decide` takes it, state, day, source, words, reasons."""
    content = listed.item
    when = f"{content.published_at:%Y-%m-%d}" if content.published_at else "no date   "
    words = content.title or content.text.partition("\n")[0]
    why = f"  ({', '.join(listed.why)})" if listed.why else ""
    state = "approved, changed since" if listed.is_changed else listed.state.value
    return f"{listed.id}@{listed.version}  {state}  {when}  {listed.source}  {words[:80]}{why}"


def _nothing(arguments: Namespace) -> str:
    if arguments.state or arguments.queue or arguments.campaign or arguments.after:
        return "No item is like that. `engaged items` without options lists all."
    return "There are no items yet. `engaged collect` brings some."


def _must_know(settings: Settings, slug: str | None) -> None:
    if slug is not None and settings.campaign(slug) is None:
        known = ", ".join(campaign.slug for campaign in settings.campaigns)
        raise WrongUse(f"There is no campaign {slug}. Configured: {known}.")


def _must_fit(action: Action, reason: str, changes: dict[str, str]) -> None:
    if reason and reason not in actions.REASONS:
        raise WrongUse(f"{reason} is no reason that is known. Known: {', '.join(actions.REASONS)}.")
    if bool(changes) != (action is Action.AMEND):
        raise WrongUse("`amend` needs --set FIELD=WORDS, and nothing else takes it.")
    if unknown := sorted(changes.keys() - set(AMENDABLE)):
        raise WrongUse(f"{unknown[0]} cannot be amended. What can: {', '.join(AMENDABLE)}.")


def _refused(errors: Sequence[DecisionError], *, as_json: bool) -> int:
    if as_json:
        document({"conflicts": [actions.as_conflict(error) for error in errors]})
    tell("Nothing was decided:")
    for error in errors:
        tell(str(error))
    return 1


def _say(decided: Sequence[Decided], *, as_json: bool) -> None:
    if as_json:
        document({"decisions": [_as_json(one) for one in decided]})
        return
    for one in decided:
        as_before = "" if one.number else " already"
        answer(f"{one.item}@{one.version}  {one.action.value}: {one.state.value}{as_before}")


def _as_json(one: Decided) -> dict[str, object]:
    """Give the shape that scripts may rely on: keys may be added, none is ever removed."""
    return {
        "item": one.item,
        "action": one.action.value,
        "state": one.state.value,
        "version": one.version,
    }
