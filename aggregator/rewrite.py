"""The second wall: the sanitiser's well-formed output, walked once and spelled anew.

Whatever leaves here was written by us: literal tags, words that nh3 escaped, addresses that links.py
made. Knows no raw markup: what nh3 has not passed must not come here.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape, unescape
from typing import NamedTuple

from aggregator.item import Media
from aggregator.links import absolute, reference, without_tracking

HTML_LIMIT = 100_000
DEPTH_LIMIT = 64
REL = "noopener nofollow ugc"

INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s"}
    | {"samp", "small", "strong", "sub", "sup", "u", "var"}
)
# What a block becomes. h1 and h2 belong to the page that shows the item; a table in a card of 300 pixels
# is better read row by row.
BLOCKS = {
    "p": "p", "ul": "ul", "ol": "ol", "li": "li", "blockquote": "blockquote", "pre": "pre", "div": "div",
    "h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6", "section": "div",
    "article": "div", "header": "div", "footer": "div", "main": "div", "aside": "div", "nav": "div",
    "address": "div", "center": "div", "details": "div", "summary": "div", "fieldset": "div",
    "figure": "div", "figcaption": "div", "dl": "div", "dt": "div", "dd": "div", "caption": "div",
    "tr": "div",
}  # fmt: skip
ALLOWED = INLINE | set(BLOCKS.values()) | {"br"}

_HEADINGS = frozenset({"h3", "h4", "h5", "h6"})
_ENDS_A_LIST_SEARCH = frozenset({"ul", "ol", "blockquote", "pre"}) | _HEADINGS
OTHER_SPELLINGS = {"strike": "s", "tt": "code"}
_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
# White space in every script, and what has no width at all: a paragraph of these is empty.
_INVISIBLE = (
    " \t\n\x0b\x0c\r\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\u200e\u200f"
    + "".join(map(chr, range(0x2000, 0x200E)))
)


# What a tag puts between the words before and after it; tidy text holds no control characters.
_LINE, _BLOCK, _PARAGRAPH = "\x00", "\x01", "\x02"
_PARTS = {"<br>": _LINE} | {
    written: _BLOCK if tag in ("li", "div") else _PARAGRAPH
    for tag in set(BLOCKS.values())
    for written in (f"<{tag}>", f"</{tag}>")
}


class _Open(NamedTuple):  # made thirty times an item, in a quarter of the time of a frozen dataclass
    """An element that is open, and where we stood when it began. `tag` is "" when it was not written."""

    tag: str
    is_block: bool
    link: str
    start: int
    content: int
    breaks: int
    is_parted: bool
    is_hidden: bool = False
    is_shortened: bool = False


class Rewriter:
    """Writes our markup, and hands out its links and pictures, in one walk over nh3's output.

    It leaves out what is empty, and what a browser would move elsewhere (a block in a paragraph, a link
    in a link): to read the result again gives the same.

    Attributes:
        out: what was written, piece by piece: each is one tag or some words.
        is_full: no more than 100,000 characters are written; there was more.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.out: list[str] = []
        self.links: dict[str, None] = {}
        self.pictures: list[Media] = []
        self.is_full = False
        self._opened: list[_Open] = []
        self._tags: list[str] = []
        self._pres = 0  # how many of them are pre
        self._hidden = 0  # how many of them hide what they hold
        self._room = HTML_LIMIT
        self._content = 0  # pieces of visible text so far
        self._breaks = 2  # line ends since the last visible text; 2: a block begins
        self._is_parted = True  # a tag stands between the last visible text and the next

    def rewrite(self, html: str) -> None:
        """Write what nh3's output says."""
        pieces = _TOKEN.split(html)
        self._words(pieces[0])
        columns = (pieces[first::4] for first in (1, 2, 3, 4))
        for slash, tag, attributes, words in zip(*columns, strict=True):
            if slash:
                self._end()
            else:
                self._start(tag, attributes)
            if words:
                self._words(words)
            if self.is_full:
                break
        while self._opened:
            self._end()
        self._boundary()

    def _start(self, tag: str, attributes: str) -> None:
        if tag in BLOCKS:
            self._start_block(BLOCKS[tag])
        elif tag == "br" or (tag == "hr" and self._pres):
            self._break()
        elif tag == "img":
            self._picture(attributes)
        elif tag == "hr":
            self._boundary()
        elif tag == "a":
            self._start_link(attributes)
        elif tag == "span":
            self._start_span(attributes)
        elif tag in INLINE or tag in OTHER_SPELLINGS:
            tag = OTHER_SPELLINGS.get(tag, tag)
            self._open(tag, f"<{tag}>")
        else:  # a cell
            self._words(" ")
            self._open("", "")

    def _start_block(self, tag: str) -> None:
        if self._fits(tag):
            self._boundary()
            self._open(tag, f"<{tag}>", is_block=True)
        else:
            self._break()
            self._open("", "", is_block=True)

    def _fits(self, tag: str) -> bool:
        """Say whether a browser would leave this block where it stands."""
        if (
            "p" in self._tags
            or "pre" in self._tags
            or (tag in _HEADINGS and not _HEADINGS.isdisjoint(self._tags))
        ):
            return False
        if tag == "li":
            for around in reversed(self._tags):
                if around == "li" or around in _ENDS_A_LIST_SEARCH:
                    return around != "li"
        return True

    def _start_link(self, attributes: str) -> None:
        found = _ATTRIBUTE.match(attributes)
        href = reference(_plain(found[2]), self.base) if found and "a" not in self._tags else ""
        written = escape(href, quote=False) if "&" in href else href  # an address holds neither < nor >
        self._open("a" if href else "", f'<a href="{written}" rel="{REL}">', link=href)

    def _start_span(self, attributes: str) -> None:
        """Follow the classes by which Mastodon shortens a link to what its server's page shows of it.

        Source: https://docs.joinmastodon.org/spec/activitypub/#sanitization
        """
        is_hidden, is_shortened = '"invisible"' in attributes, '"ellipsis"' in attributes
        self._open("", "")
        self._opened[-1] = self._opened[-1]._replace(is_hidden=is_hidden, is_shortened=is_shortened)
        self._hidden += is_hidden

    def _open(self, tag: str, written: str, *, is_block: bool = False, link: str = "") -> None:
        cost = len(written) + len(tag) + 3
        if len(self._opened) >= DEPTH_LIMIT or cost > self._room:
            tag = link = ""
        self._opened.append(
            _Open(tag, is_block, link, len(self.out), self._content, self._breaks, self._is_parted)
        )
        self._tags.append(tag)
        self._pres += tag == "pre"
        if tag:
            self._room -= cost
            self.out.append(written)
            self._is_parted = self._is_parted or is_block

    def _end(self) -> None:
        opened = self._opened.pop()
        self._pres -= self._tags.pop() == "pre"
        self._hidden -= opened.is_hidden
        if opened.is_shortened and self._content > opened.content:
            self._words("…")
        if not opened.tag:
            if opened.is_block:
                self._break()
        elif self._content == opened.content:
            self._forget(opened)
        else:
            if opened.is_block:
                self._boundary()
                self._is_parted = True
            self.out.append(f"</{opened.tag}>")
            if opened.link.startswith("http"):
                self.links.setdefault(without_tracking(opened.link))

    def _forget(self, opened: _Open) -> None:
        """Take an empty element back; what it held of line ends and spaces stays when it was inline."""
        inside = self.out[opened.start :]
        del self.out[opened.start :]
        self._breaks, self._is_parted = opened.breaks, opened.is_parted
        if opened.is_block:
            self._boundary()
        elif "<br>" in inside:
            self._break()
        elif len(inside) > 1:
            self._words(" ")

    def _boundary(self) -> None:
        """End a line: what is white at its end goes."""
        while self.out and (self.out[-1] == "<br>" or self.out[-1].isspace()):
            self._is_parted = self.out.pop() != "<br>" and self._is_parted
        if self.out:
            self.out[-1] = self.out[-1].rstrip()
        self._breaks = 2

    def _break(self) -> None:
        if self._hidden:
            return
        if self._pres:
            self._words("\n")
        elif self._breaks < 2 and self._room >= len("<br>"):
            self._room -= len("<br>")
            self.out.append("<br>")
            self._breaks += 1
            self._is_parted = True

    def _words(self, words: str) -> None:
        """Write a piece of text, escaped by nh3."""
        if self._hidden:
            return
        is_kept = self._pres > 0
        if is_kept and self.out[-1] == "<pre>":
            words = words.lstrip("\n")  # a parser drops the first
        if not words[:1].isalnum() and not words.replace("&nbsp;", " ").strip(_INVISIBLE):
            if is_kept:
                self._put(words)
            elif self._breaks == 0 and not self.out[-1].endswith((" ", "\n")):
                self._put(" ")
            return
        if self._breaks and not is_kept:
            words = words.lstrip()
        if not self._is_parted and self._breaks == 2:  # what parted them was empty and is gone
            self._put("<br>")
        self._content += 1
        self._breaks, self._is_parted = 0, False
        if "<" in words:  # there is none, unless _TOKEN misread a tag
            words = words.replace("<", "&lt;")
        self._put(words)

    def _put(self, words: str) -> None:
        if len(words) > self._room:
            self.is_full = True
            words = words[: self._room]
            words = words[: words.rfind("&")] if words.rfind("&") > words.rfind(";") else words
        if words:
            self._room -= len(words)
            self.out.append(words)

    def _picture(self, attributes: str) -> None:
        if self._hidden:
            return
        about = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        if not {"wp-smiley", "emoji"}.isdisjoint(about.get("class", "").split()):
            self._words(escape(about.get("alt", ""), quote=False))
            return
        width, height = _pixels(about.get("width", "")), _pixels(about.get("height", ""))
        url = absolute(about.get("data-src") or about.get("src", ""), self.base)
        if url and width not in (0, 1) and height not in (0, 1):  # a single pixel counts readers
            self.pictures.append(Media(url, "image", alt=about.get("alt"), width=width, height=height))


def _plain(value: str) -> str:
    return unescape(value) if "&" in value else value


def _pixels(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 6 else None


def plain_text(pieces: Collection[str]) -> str:
    """Give the words of our own markup: one space between two, paragraphs apart by a blank line.

    Args:
        pieces: what a Rewriter wrote; each is one tag or some words.
    """
    text: list[str] = []
    words: list[str] = []
    parting = ""
    for piece in _with_marked_lines(pieces) if "<pre>" in pieces else pieces:
        mark = _PARTS.get(piece, "") if piece[0] == "<" else piece if piece == _LINE else None
        if mark is None:
            words.append(piece)
        elif mark:
            if line := _line(words):
                text += ["\n" * _gap(parting), line] if text else [line]
                parting = ""
            words = []
            parting += mark
    if line := _line(words):
        text += ["\n" * _gap(parting), line] if text else [line]
    return "".join(text)


def _line(words: Sequence[str]) -> str:
    return " ".join(_decoded("".join(words)).split()) if words else ""


def _gap(parting: str) -> int:
    return 2 if _PARAGRAPH in parting or parting.count(_LINE) > 1 else 1


def _with_marked_lines(pieces: Iterable[str]) -> Iterator[str]:
    is_kept = False
    for piece in pieces:
        is_kept = (is_kept or piece == "<pre>") and piece != "</pre>"
        if is_kept and "\n" in piece:
            first, *others = piece.split("\n")
            yield from filter(None, [first, *(part for other in others for part in (_LINE, other))])
        else:
            yield piece


def _decoded(text: str) -> str:
    """Decode the four entities that nh3 writes."""
    if "&" not in text:
        return text
    text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">")
    return text.replace("&amp;", "&")
