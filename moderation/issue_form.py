"""The form of an edition as plain values: what its fields say, what was pressed, what came between.

Everything is pure. A field's name says where its words belong, such as `intro:fr`, `blurb:ITEM:en` or
`block:1:words:ar`; the draft itself stays as it is in the store until somebody keeps it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from feeds.highlights import draft as steps
from feeds.highlights.draft import Block, Draft, Pick

PARTS = ("subject", "preheader", "intro")
LONGEST: Mapping[str, int] = {
    "subject": 150,
    "preheader": 200,
    "intro": 4000,
    "blurb": 600,
    "title": 150,
    "words": 4000,
}
"""How many characters a field takes. A subject above 60 is cut by telephones; the lint says so."""

_MANY_LINES = frozenset({"intro", "words"})
_VERSION = re.compile(r"[0-9]{1,9}")
_MARK = 8
_A_LINE = 100


@dataclass(frozen=True, slots=True)
class Typed:
    """What came back of the form.

    Attributes:
        version: of the draft that the form was made of; 0 for nonsense, which is never current.
        act: what was pressed, such as ("keep",), ("up", ITEM) or ("swap", ITEM, OTHER).
        words: what each field says, by its name.
        was: a mark of what each field said when the form was made.
    """

    version: int
    act: tuple[str, ...]
    words: Mapping[str, str]
    was: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a form says that came too late, laid over what stands there now.

    Attributes:
        words: what each field shows: what was typed where somebody typed, else what stands there now.
        theirs: what somebody else wrote into fields in which this person typed as well.
        lost: words for a post or a block that has left the draft meanwhile.
    """

    words: Mapping[str, str]
    theirs: Mapping[str, str]
    lost: tuple[str, ...]


def spread(draft: Draft, languages: Sequence[str]) -> dict[str, str]:
    """Give all fields of a draft, with what stands in them."""
    texts = {part: getattr(draft, part) for part in PARTS}
    texts |= {f"blurb:{pick.item}": pick.blurb for pick in draft.picks}
    for place, block in enumerate(draft.blocks):
        texts |= {f"block:{place}:title": block.title, f"block:{place}:words": block.words}
    fields = {
        f"{name}:{language}": by_language.get(language, "")
        for name, by_language in texts.items()
        for language in languages
    }
    stands = {
        f"block:{place}:after": "after" if block.after else "before"
        for place, block in enumerate(draft.blocks)
    }
    return fields | stands


def typed(form: Mapping[str, str], was: Sequence[str] = ()) -> Typed:
    """Read a form as it was sent, with the marks that it carried along."""
    version = form.get("version", "")
    return Typed(
        int(version) if _VERSION.fullmatch(version) else 0,
        tuple(form.get("act", "keep").split(":")),
        {name: _settled(name, value) for name, value in form.items() if ":" in name},
        dict(pair for line in was for pair in _pairs(line)),
    )


def gathered(draft: Draft, words: Mapping[str, str]) -> Draft:
    """Give the draft with the words of a form in it; fields that it does not have change nothing."""
    return replace(
        draft,
        subject=_texts("subject", draft.subject, words),
        preheader=_texts("preheader", draft.preheader, words),
        intro=_texts("intro", draft.intro, words),
        picks=tuple(_pick(pick, words) for pick in draft.picks),
        blocks=tuple(_block(place, block, words) for place, block in enumerate(draft.blocks)),
    )


def marks(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Give what a form carries along to know later which fields were typed in: no word, only marks.

    In lines, so that none becomes longer than a value may be.
    """
    pairs = [f"{name}={_mark(_settled(name, value))}" for name, value in fields.items()]
    return tuple(" ".join(pairs[start : start + _A_LINE]) for start in range(0, len(pairs), _A_LINE))


def _mark(words: str) -> str:
    return sha256(words.encode()).hexdigest()[:_MARK]


def merged(now: Mapping[str, str], late: Typed) -> Merged:
    """Lay what was typed over what stands there now, and say where two people wrote.

    Args:
        now: the fields of the draft as it is now.
    """
    own = {name: value for name, value in late.words.items() if late.was.get(name) != _mark(value)}
    return Merged(
        {name: own.get(name, value) for name, value in now.items()},
        {
            name: value
            for name, value in now.items()
            if name in own and own[name] != value and late.was.get(name) != _mark(value)
        },
        tuple(value for name, value in own.items() if name not in now and value),
    )


def is_item(text: str) -> bool:
    """Say whether a text has the form of an item's id, as it may stand in an address."""
    return re.fullmatch("[a-z2-7]{12}", text) is not None


def _texts(name: str, before: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """Give a text in its languages; a language without words is left out, so that it falls back."""
    start = f"{name}:"
    own = {key.removeprefix(start): value for key, value in words.items() if key.startswith(start)}
    known = {language: value for language, value in own.items() if ":" not in language}
    return {language: value for language, value in ({**before, **known}).items() if value}


def _pick(pick: Pick, words: Mapping[str, str]) -> Pick:
    return replace(pick, blurb=_texts(f"blurb:{pick.item}", pick.blurb, words))


def _block(place: int, block: Block, words: Mapping[str, str]) -> Block:
    stands = words.get(f"block:{place}:after")
    return replace(
        block,
        title=_texts(f"block:{place}:title", block.title, words),
        words=_texts(f"block:{place}:words", block.words, words),
        after=block.after if stands is None else stands == "after",
    )


def _settled(name: str, value: str) -> str:
    """Give what was typed in one spelling, as long as its field takes it."""
    part = _part(name)
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    settled = [" ".join(line.split()) for line in lines]
    text = ("\n" if part in _MANY_LINES else " ").join(settled).strip()
    return text[: LONGEST.get(part, LONGEST["subject"])]


def _part(name: str) -> str:
    """Say which part of a draft a field belongs to: `intro:fr` to intro, `block:1:words:ar` to words."""
    pieces = name.split(":")
    return pieces[2] if pieces[0] == "block" and len(pieces) > 2 else pieces[0]


def _pairs(was: str) -> list[tuple[str, str]]:
    found = [piece.rpartition("=") for piece in was.split()]
    return [(name, value) for name, _, value in found if name]


def done(draft: Draft, act: Sequence[str]) -> Draft:
    """Give the draft after what was pressed. What names a post that is not there changes nothing."""
    match tuple(act):
        case ("up", item):
            return steps.move(draft, item, -1)
        case ("down", item):
            return steps.move(draft, item, 1)
        case ("drop", item):
            return steps.drop(draft, item)
        case ("add", item):
            return steps.take(draft, item)
        case ("swap", item, other):
            return steps.swap(draft, item, other)
        case ("event", item):
            return steps.drop_occasion(draft, item)
        case ("block", "announcement"):
            return steps.add_block(draft, "announcement")
        case ("block", "call"):
            return steps.add_block(draft, "call", after=True)
        case ("unblock", place) if place.isdecimal():
            return steps.drop_block(draft, int(place[:3]))
    return draft
