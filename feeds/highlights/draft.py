"""A week's draft: which posts, in which order, why, and what editors write around them.

Pure values. Every step gives a new draft; a step that names a post which is not there changes nothing,
because two people may be at it. Stored as JSON, and read tolerantly: older drafts know fewer fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MOST_RUNNERS_UP = 20
MOST_BLOCKS = 6

BlockKind = Literal["announcement", "call"]
Texts = Mapping[str, str]
"""By language. A language that is not there falls back, see `wording.in_language`."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One post of the mail.

    Attributes:
        item: its id.
        reasons: why it is here, as codes: see `assemble`. Never empty.
        blurb: an editor's own words about it.
    """

    item: str
    reasons: tuple[str, ...] = ()
    blurb: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """Editors' own words before or after the posts: an announcement, or a call for stories."""

    kind: BlockKind
    title: Texts = field(default_factory=dict)
    words: Texts = field(default_factory=dict)
    after: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything one issue is made of before it is rendered.

    Attributes:
        picks: in the order in which readers see them.
        runners_up: what would fit next, best first.
        occasions: ids of events that are still to come, soonest first.
        unknown_libraries: how many picks name no library: their author counts as one.
        too_few: so few posts fit that there may be too little for a mail.
        notes: what else editors should know, as codes: see `assemble`.
    """

    subject: Texts = field(default_factory=dict)
    preheader: Texts = field(default_factory=dict)
    intro: Texts = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    picks: tuple[Pick, ...] = ()
    runners_up: tuple[Pick, ...] = ()
    occasions: tuple[str, ...] = ()
    unknown_libraries: int = 0
    too_few: bool = False
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """Give the ids of its posts, in order."""
        return tuple(pick.item for pick in self.picks)

    @property
    def around(self) -> tuple[Texts, ...]:
        """Give everything that editors wrote, but the subject."""
        blocks = (texts for block in self.blocks for texts in (block.title, block.words))
        return (self.preheader, self.intro, *blocks, *(pick.blurb for pick in self.picks))


def as_json(draft: Draft) -> dict[str, Any]:
    """Give a draft as values of JSON."""
    plain = {name: getattr(draft, name) for name in ("unknown_libraries", "too_few")}
    texts = {name: dict(getattr(draft, name)) for name in ("subject", "preheader", "intro")}
    return {
        **plain,
        **texts,
        "occasions": list(draft.occasions),
        "notes": list(draft.notes),
        "blocks": [_block_as_json(block) for block in draft.blocks],
        "picks": [_pick_as_json(pick) for pick in draft.picks],
        "runners_up": [_pick_as_json(pick) for pick in draft.runners_up],
    }


def from_json(values: Mapping[str, Any]) -> Draft:
    """Give the draft that `as_json` wrote down. What is missing is empty."""
    return Draft(
        subject=values.get("subject", {}),
        preheader=values.get("preheader", {}),
        intro=values.get("intro", {}),
        blocks=tuple(Block(**block) for block in values.get("blocks", ())),
        picks=tuple(_pick_from_json(pick) for pick in values.get("picks", ())),
        runners_up=tuple(_pick_from_json(pick) for pick in values.get("runners_up", ())),
        occasions=tuple(values.get("occasions", ())),
        unknown_libraries=values.get("unknown_libraries", 0),
        too_few=values.get("too_few", False),
        notes=tuple(values.get("notes", ())),
    )


def _pick_as_json(pick: Pick) -> dict[str, Any]:
    return {"item": pick.item, "reasons": list(pick.reasons), "blurb": dict(pick.blurb)}


def _pick_from_json(values: Mapping[str, Any]) -> Pick:
    return Pick(values["item"], tuple(values.get("reasons", ())), values.get("blurb", {}))


def _block_as_json(block: Block) -> dict[str, Any]:
    texts = {"title": dict(block.title), "words": dict(block.words)}
    return {"kind": block.kind, **texts, "after": block.after}


def reorder(draft: Draft, items: Sequence[str]) -> Draft:
    """Put the named posts first, in this order; the others keep theirs behind them."""
    place = {item: number for number, item in reversed(list(enumerate(items)))}
    last = len(place)
    return replace(
        draft, picks=tuple(sorted(draft.picks, key=lambda pick: place.get(pick.item, last + len(items))))
    )


def move(draft: Draft, item: str, places: int) -> Draft:
    """Move one post up (negative) or down, at most to the end."""
    order = list(draft.items)
    if item not in order:
        return draft
    at = order.index(item)
    order.insert(max(0, min(len(order) - 1, at + places)), order.pop(at))
    return reorder(draft, order)


def drop(draft: Draft, item: str) -> Draft:
    """Take a post out; it is the first of the runners-up, so that one click brings it back."""
    out = _named(draft.picks, item)
    if out is None:
        return draft
    return replace(
        draft,
        picks=_without(draft.picks, item),
        runners_up=(out, *_without(draft.runners_up, item))[:MOST_RUNNERS_UP],
    )


def take(draft: Draft, item: str) -> Draft:
    """Add a runner-up behind the posts."""
    chosen = _named(draft.runners_up, item)
    if chosen is None or item in draft.items:
        return draft
    return replace(draft, picks=(*draft.picks, chosen), runners_up=_without(draft.runners_up, item))


def swap(draft: Draft, item: str, runner_up: str) -> Draft:
    """Put a runner-up in the place of a post, which becomes the first of the runners-up."""
    chosen, out = _named(draft.runners_up, runner_up), _named(draft.picks, item)
    if chosen is None or out is None:
        return draft
    others = _without(draft.runners_up, runner_up)
    return replace(
        draft,
        picks=tuple(chosen if pick.item == item else pick for pick in draft.picks),
        runners_up=(out, *others)[:MOST_RUNNERS_UP],
    )


def without(draft: Draft, gone: Sequence[str]) -> Draft:
    """Leave out posts and events that readers may not see any more; nothing of them stays."""
    left = frozenset(gone)
    return replace(
        draft,
        picks=tuple(pick for pick in draft.picks if pick.item not in left),
        runners_up=tuple(pick for pick in draft.runners_up if pick.item not in left),
        occasions=tuple(item for item in draft.occasions if item not in left),
    )


def drop_occasion(draft: Draft, item: str) -> Draft:
    """Leave an event out."""
    return replace(draft, occasions=tuple(each for each in draft.occasions if each != item))


def add_block(draft: Draft, kind: BlockKind, after: bool = False) -> Draft:
    """Add an empty block; at most MOST_BLOCKS of them."""
    if len(draft.blocks) >= MOST_BLOCKS:
        return draft
    return replace(draft, blocks=(*draft.blocks, Block(kind, after=after)))


def drop_block(draft: Draft, place: int) -> Draft:
    """Take out the block at a place, counted from 0."""
    kept = tuple(block for at, block in enumerate(draft.blocks) if at != place)
    return replace(draft, blocks=kept)


def _named(picks: Sequence[Pick], item: str) -> Pick | None:
    return next((pick for pick in picks if pick.item == item), None)


def _without(picks: Sequence[Pick], item: str) -> tuple[Pick, ...]:
    return tuple(pick for pick in picks if pick.item != item)
