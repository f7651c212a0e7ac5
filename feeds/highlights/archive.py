"""The weekly mail on the web: the list of its editions, and each one as a page.

An edition is drawn from what is shown now: a post that was removed, or changed after it was sent, is so
here as well. The mail itself left as it was approved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.item import Precision
from aggregator.settings import Campaign
from aggregator.store.published import Sent
from feeds.addresses import Address, path_of
from feeds.cards import Card, card, turning_point
from feeds.dates import machine, written
from feeds.highlights.content import date_in_words
from feeds.highlights.draft import Block, Draft, Texts, from_json
from feeds.highlights.faces import Event, event
from feeds.highlights.wording import Words as OwnWords
from feeds.highlights.wording import harmless, in_language, merged, without_own
from feeds.hub import around, letters_of
from feeds.i18n import Words
from feeds.notices import notice
from feeds.page import HTML, PAGE_STYLE, Page, draw, finished, sheet, unframed
from feeds.select import Snapshot
from feeds.texts import cut

STYLE = (*PAGE_STYLE, "static/highlights.css")
SUMMARY = 200

InLanguage = Callable[[Texts], OwnWords]


@dataclass(frozen=True, slots=True)
class Own:
    """A block of the editors' own, in one language."""

    title: OwnWords
    words: OwnWords
    is_call: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition in words.

    Attributes:
        name: "Edition 12".
        title: its subject; its name when it has none.
        date: when it was sent, and `moment` for machines.
        summary: what stood beside the subject in a mailbox, else how it begins.
        before, after: the editors' blocks around the posts.
        blurbs: the editors' words about posts, by the id of the post.
        posts: how many are still shown, in words.
        has_lost: others are not.
    """

    link: str
    name: str
    title: OwnWords
    date: str
    moment: str
    summary: OwnWords
    intro: OwnWords
    before: tuple[Own, ...]
    after: tuple[Own, ...]
    blurbs: Mapping[str, OwnWords]
    posts: str
    has_lost: bool


def edition(sent: Sent, public_url: str, campaign: Campaign, say: Words, language: str) -> Edition:
    """Put one edition into words.

    Args:
        language: as in the address of the page; "" is the campaign's first.
    """
    draft, number = from_json(sent.content), say.number(sent.number)
    # With its own day as "now" the date is written out whole, for ever.
    date = written(sent.sent_at, Precision.SECOND, campaign.timezone, say.language, sent.sent_at)
    week = date_in_words(sent.week, say.language)  # as in the letters
    fields = {"campaign": harmless(campaign.name), "number": str(sent.number), "date": week}
    own = _in_language(campaign, language, fields)
    name, subject, intro = say("issue-name", number=number), own(draft.subject), own(draft.intro)
    preheader = own(draft.preheader)
    address = Address("highlights-issue", campaign.slug, str(sent.number), language)
    return Edition(
        link=public_url + path_of(address),
        name=name,
        title=subject if subject.text else OwnWords(name, say.language, say.direction),
        date=date,
        moment=machine(sent.sent_at, Precision.SECOND),
        summary=preheader if preheader.text else replace(intro, text=cut(intro.text, SUMMARY)),
        intro=intro,
        before=tuple(_block(each, own) for each in draft.blocks if not each.after),
        after=tuple(_block(each, own) for each in draft.blocks if each.after),
        blurbs=_blurbs(draft, own),
        posts=say("issue-posts", number=say.number(len(sent.items))),
        has_lost=sent.lost > 0,
    )


def _in_language(campaign: Campaign, language: str, fields: Mapping[str, str]) -> InLanguage:
    first = campaign.languages[0]

    def own(texts: Texts) -> OwnWords:
        found = in_language(texts, language or first, first)
        return replace(found, text=without_own(merged(found.text, fields)).strip())

    return own


def _block(block: Block, own: InLanguage) -> Own:
    return Own(own(block.title), own(block.words), block.kind == "call")


def _blurbs(draft: Draft, own: InLanguage) -> Mapping[str, OwnWords]:
    found = {pick.item: own(pick.blurb) for pick in draft.picks}
    return {item: words for item, words in found.items() if words.text}


def editions(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Draw the list of all editions, the newest first."""
    campaign, public_url, language = snapshot.campaign, snapshot.public_url, address.language
    assert campaign  # select.snapshot gives it for this address
    style = sheet(*STYLE)
    text = draw(
        "highlights.html",
        **around(snapshot, campaign, say, address),
        letters=letters_of(snapshot, campaign, address.language),
        style=style.css,
        canonical=public_url + path_of(address),
        editions=[edition(each, public_url, campaign, say, language) for each in snapshot.issues],
    )
    return finished(200, HTML, text, unframed(style))


def issue(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw one edition, or say that there is none with this number."""
    campaign, public_url = snapshot.campaign, snapshot.public_url
    assert campaign  # select.snapshot gives it for this address
    sent = next(iter(snapshot.issues), None)
    if sent is None:
        return notice(404, public_url, campaign, say, language=address.language)
    style = sheet(*STYLE)
    told = edition(sent, public_url, campaign, say, address.language)
    cards = [
        card(each, public_url, campaign, say, now, snapshot.pictures_at, address.language)
        for each in sent.items
    ]
    before, after = (_link(number, snapshot, address) for number in snapshot.around)
    text = draw(
        "highlights-issue.html",
        **around(snapshot, campaign, say, address),
        letters=letters_of(snapshot, campaign, address.language),
        style=style.css,
        canonical=public_url + path_of(address),
        edition=told,
        posts=_with_blurbs(sent, cards, told),
        events=_events(sent, snapshot, campaign, say, address.language, now),
        before=before,
        after=after,
    )
    return finished(200, HTML, text, unframed(style), holds_until=turning_point(sent.items, now))


def _with_blurbs(
    sent: Sent, cards: Sequence[Card], told: Edition
) -> Sequence[tuple[Card, OwnWords | None]]:
    pairs = zip(sent.items, cards, strict=True)
    return [(drawn, told.blurbs.get(shown.id)) for shown, drawn in pairs]


def _events(
    sent: Sent, snapshot: Snapshot, campaign: Campaign, say: Words, language: str, now: datetime
) -> Sequence[Event]:
    public_url = snapshot.public_url
    pages = [
        public_url + path_of(Address("permalink", campaign.slug, each.id, language))
        for each in sent.occasions
    ]
    found = (
        event(each, public_url, campaign, say, page, now)
        for each, page in zip(sent.occasions, pages, strict=True)
    )
    return [each for each in found if each]


def _link(number: int | None, snapshot: Snapshot, address: Address) -> str:
    """Give the address of another edition, or "" without one."""
    if number is None:
        return ""
    return snapshot.public_url + path_of(replace(address, name=str(number)))
