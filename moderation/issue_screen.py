"""The screen of one edition as its template wants it: in words, so that templates decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response
from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import deliveries, preview
from aggregator.store.issues import Issue
from aggregator.store.published import Door, Shown
from feeds.cards import TEXT, author_of
from feeds.highlights import composing, wording
from feeds.highlights.draft import MOST_BLOCKS, Draft, Pick, from_json
from feeds.i18n import Words
from feeds.other_languages import own_name
from feeds.texts import cut
from moderation import issue_form
from moderation.card import headline
from moderation.drawing import draw, link
from moderation.issue_check import checked
from moderation.issue_form import LONGEST, Merged
from moderation.issue_letters import posts_of
from moderation.issue_preview import LOOKS
from moderation.issue_reasons import notes, reasons
from moderation.issue_tests import addressees
from moderation.mail_words import campaign_languages, standing
from moderation.routes import Asked, Desk, Role
from moderation.times import moment

_BEGINNING = 220
_CAN_REOPEN = ("seconding", "approved", "late", "skipped")
_NEVER_BEGUN = ("draft", "seconding", "approved", "late")


@dataclass(frozen=True, slots=True)
class PickLine:
    """One post, chosen or offered.

    Attributes:
        place: 1 for the first; 0 for one that is offered.
        path: of its own page here.
        reasons: why it was chosen, each in words.
        is_gone: it is no longer shown in public.
        focus: `up` or `down`: that button was pressed a moment ago.
    """

    id: str
    place: int
    name: str
    library: str
    network: str
    when: str
    words: str
    language: str
    language_name: str
    direction: str
    path: str
    reasons: tuple[str, ...]
    is_gone: bool = False
    has_blurb: bool = False
    has_other_blurb: bool = False
    is_first: bool = False
    is_last: bool = False
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields, what stands in them, and what somebody else wrote meanwhile."""

    words: Mapping[str, str]
    marks: tuple[str, ...]
    theirs: Mapping[str, str]
    say: Words
    languages: tuple[tuple[str, str], ...]

    @property
    def theirs_say(self) -> str:
        return self.say("late-theirs")

    @property
    def nothing_say(self) -> str:
        return self.say("late-nothing")

    def is_open(self, code: str) -> bool:
        """Say whether a language's fields stand open: somebody else wrote in one of them."""
        return any(f"{part}:{code}" in self.theirs for part in issue_form.PARTS)

    def falls_back(self, code: str) -> str:
        """Say what readers of a language get where its fields are empty."""
        first = self.languages[0]
        written = [part for part in issue_form.PARTS if self.words.get(f"{part}:{code}")]
        wanted = [part for part in issue_form.PARTS if self.words.get(f"{part}:{first[0]}")]
        if set(wanted) <= set(written):
            return self.say("issue-all-written")
        return self.say("issue-some-written" if written else "issue-none-written", language=first[1])


@dataclass(frozen=True, slots=True)
class Late:
    """Why it was not done: mostly somebody was quicker.

    Attributes:
        fields: in some fields both wrote.
        lost: words that have no field any more.
    """

    title: str
    sentence: str
    fields: bool = False
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the screen says besides how the edition stands.

    Attributes:
        said: what was just done, one sentence.
        merged: what was typed into a form that came too late.
        moved: (`up` or `down`, the id of a post): the button that was pressed a moment ago.
    """

    said: str = ""
    late: Late | None = None
    merged: Merged | None = None
    moved: tuple[str, str] = ("", "")
    status: int = 200


NOTHING_SAID = Told()


def screen(
    desk: Desk,
    asked: Asked,
    campaign: Campaign,
    issue: Issue,
    connection: Connection,
    told: Told = NOTHING_SAID,
) -> Response:
    """Draw one edition: to edit while it is a draft and the person may, else to look at."""
    assert asked.person  # the row has a role
    is_editor = asked.person.role >= Role.EDITOR
    may_edit = is_editor and issue.state == "draft"
    draft = from_json(issue.content)
    shown = posts_of(desk, campaign, draft)
    form = _form(draft, campaign, told.merged, desk.say)
    cast = _Cast(desk, campaign, connection, shown, told.moved)
    return draw(
        desk,
        asked,
        "issue.html",
        told.status,
        campaign=campaign,
        issue=issue,
        said=told.said,
        late=told.late,
        may_edit=may_edit,
        may_steer=is_editor,
        languages=campaign_languages(campaign),
        form=form if may_edit else _to_read(form, campaign, issue),
        longest=LONGEST,
        picks=cast.picks(draft),
        runners=cast.offered(draft) if may_edit else (),
        occasions=cast.events(draft),
        notes=(*notes((*issue.notes, *draft.notes), desk.say), *_unknown(draft, shown, desk.say)),
        blocks=[_BlockLine(place, block.kind) for place, block in enumerate(draft.blocks)],
        most_blocks=MOST_BLOCKS,
        looks=LOOKS,
        **_further(desk, asked, campaign, issue, connection),
        **checked(desk, asked.person, campaign, issue, shown),
    )


def _further(
    desk: Desk, asked: Asked, campaign: Campaign, issue: Issue, connection: Connection
) -> dict[str, Any]:
    """Give how an edition stands, and what can be done with it as a whole."""
    tally, can_send = deliveries.tally(connection, issue.id), desk.settings.mail.is_ready
    return {
        "line": standing(issue, tally, campaign, desk.now(), desk.say, can_send=can_send),
        "can_reopen": issue.state in _CAN_REOPEN and not issue.started_at,
        "can_skip": issue.state in _NEVER_BEGUN and not issue.started_at,
        "test_to": addressees(desk, asked, campaign) if can_send else (),
        "test_why": desk.say("test-no-address" if can_send else "test-no-server"),
        "has_sending": issue.started_at is not None,
    }


@dataclass(frozen=True, slots=True)
class _BlockLine:
    place: int
    kind: str


def _form(draft: Draft, campaign: Campaign, merged: Merged | None, say: Words) -> Form:
    fields = issue_form.spread(draft, campaign.languages)
    return Form(
        words=merged.words if merged else fields,
        marks=issue_form.marks(fields),
        theirs=merged.theirs if merged else {},
        say=say,
        languages=campaign_languages(campaign),
    )


def _to_read(form: Form, campaign: Campaign, issue: Issue) -> Form:
    """Give words as readers get them: whoever cannot change a field need not see its name."""
    values = {code: composing.fields_of(issue, campaign, code) for code in campaign.languages}
    first = values[campaign.languages[0]]
    read = {
        name: wording.merged(text, values.get(name.rpartition(":")[2], first))
        for name, text in form.words.items()
    }
    return replace(form, words=read)


def _unknown(draft: Draft, shown: Mapping[str, Shown], say: Words) -> tuple[str, ...]:
    """Say for how many of the posts nobody wrote down the library."""
    nameless = [item for item in draft.items if item in shown and not shown[item].library]
    return (say("issue-unknown", number=str(len(nameless))),) if nameless else ()


@dataclass(frozen=True, slots=True)
class _Cast:
    """The posts of a draft, each as a line."""

    desk: Desk
    campaign: Campaign
    connection: Connection
    shown: Mapping[str, Shown]
    moved: tuple[str, str]
    gone: dict[str, Shown] = field(default_factory=dict)

    def picks(self, draft: Draft) -> tuple[PickLine, ...]:
        """Give the chosen ones. One that is no longer shown stands there too, and says so."""
        missing = [item for item in draft.items if item not in self.shown]
        gone = preview.several(self.connection, missing) if missing else {}
        last = len(draft.picks)
        lines = []
        for place, pick in enumerate(draft.picks, start=1):
            one = self.shown.get(pick.item) or gone.get(pick.item)
            if one is not None:
                lines.append(self._line(pick, one, place, last, is_gone=pick.item not in self.shown))
        return tuple(lines)

    def offered(self, draft: Draft) -> tuple[PickLine, ...]:
        """Give the runners-up that are still shown."""
        there = composing.shown_of(
            Door(self.desk.reader), self.campaign.slug, [pick.item for pick in draft.runners_up]
        )
        return tuple(
            self._line(pick, there[pick.item], 0, 0) for pick in draft.runners_up if pick.item in there
        )

    def events(self, draft: Draft) -> tuple[PickLine, ...]:
        """Give the events that stand below the posts."""
        there = [item for item in draft.occasions if item in self.shown]
        return tuple(self._line(Pick(item), self.shown[item], 0, 0) for item in there)

    def _line(self, pick: Pick, one: Shown, place: int, last: int, *, is_gone: bool = False) -> PickLine:
        content, say = one.item, self.desk.say
        first, *others = self.campaign.languages
        which, item = self.moved
        return PickLine(
            id=pick.item,
            place=place,
            name=cut(author_of(content.author), 60) or say("pick-somebody"),
            library=one.library,
            network=one.network,
            when=self._when(one),
            words=cut(headline(content.title, content.text[:TEXT], content.warning), _BEGINNING),
            language=content.language,
            language_name=own_name(content.language) if content.language not in ("", first) else "",
            direction=content.direction,
            path=link("item", campaign=self.campaign.slug, item=pick.item),
            reasons=reasons(pick.reasons, one, say),
            is_gone=is_gone,
            has_blurb=bool(pick.blurb),
            has_other_blurb=any(pick.blurb.get(code) for code in others),
            is_first=place == 1,
            is_last=place == last,
            focus=_focus(which, place, last) if item == pick.item else "",
        )

    def _when(self, one: Shown) -> str:
        when, zone = one.item.published_at or one.sort_at, self.campaign.timezone
        if one.item.occasion:
            when = one.item.occasion.starts_at
        return moment(when, zone, self.desk.say.language, one.item.precision).words


def _focus(which: str, place: int, last: int) -> str:
    """Keep the focus where it was; a button at the end of its way hands it to its neighbour."""
    if which == "up" and place == 1:
        return "down" if last > 1 else ""
    if which == "down" and place == last:
        return "up" if last > 1 else ""
    return which
