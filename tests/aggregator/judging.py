"""A judge of cleaned items that shares no code with the cleaner: what may be in one, nothing else."""

import re
import unicodedata
from html.parser import HTMLParser

from bs4 import BeautifulSoup

from aggregator.item import Found, Item

TAGS = frozenset(
    {"p", "br", "div", "ul", "ol", "li", "blockquote", "pre", "h3", "h4", "h5", "h6"}
    | {
        "a",
        "strong",
        "em",
        "b",
        "i",
        "u",
        "s",
        "code",
        "q",
        "cite",
        "sub",
        "sup",
        "small",
        "mark",
        "abbr",
    }
    | {"del", "ins", "kbd", "samp", "var", "dfn", "bdi"}
)
MARKUP = re.compile(r'(?:<(?:/?[a-z0-9]+|a href="[^"<>]*" rel="noopener nofollow ugc")>|[^<>])*')
MISLEADING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")


class Reader(HTMLParser):
    """Reads markup tag by tag, as a parser without mercy."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def judge(found: Found) -> None:
    """Fail when anything in a cleaned item could act, reach out, or leave its card."""
    judge_markup(found.item.html)
    judge_words(found.item)
    for identity in found.identities:
        assert 0 < len(identity) <= 500
    repr(found).encode()
    assert re.fullmatch("[0-9a-f]{64}", found.item.hash)


def judge_markup(html: str) -> None:
    assert len(html) <= 100_000
    assert MARKUP.fullmatch(html), html
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.others == []
    soup = BeautifulSoup(f"<body>{html}</body>", "html.parser").body
    assert soup is not None
    for each in soup.find_all(True):
        reader.tags.append((each.name, {name: str(value) for name, value in each.attrs.items()}))
    for tag, attributes in reader.tags:
        assert tag in TAGS, tag
        assert set(attributes) == ({"href", "rel"} if tag == "a" else set()), attributes
        if tag == "a":
            judge_address(str(attributes["href"]), mail=True)
    assert soup.select("a a, p p, p div, p li, p ul, p pre, p h3, h3 h4, pre div") == []


def judge_address(address: str, *, mail: bool = False) -> None:
    assert re.match(r"https?://[a-z0-9.\[\]:_-]+/" + ("|mailto:[^@]+@" if mail else ""), address), (
        address
    )
    assert re.fullmatch(r"[!#-;=?-\[\]_a-z|~]*", address), address
    assert len(address) <= 2_000


def judge_words(item: Item) -> None:
    lines = [item.title, item.author.name, item.author.handle, item.author.key, item.warning, item.label]
    lines += (
        [media.alt or "" for media in item.media] + list(item.tags) + [item.in_reply_to, item.language]
    )
    for line in lines:
        assert "\n" not in line
        assert line == line.strip()
    for words in [*lines, item.text, item.html]:
        assert not MISLEADING & set(words)
        assert not {c for c in words if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")}
    assert len(item.title) <= 500
    assert len(item.text) <= 50_000
    assert "\n\n\n" not in item.text
    assert len(item.links) <= 100
    assert len(set(item.links)) == len(item.links)
    assert list(item.tags) == sorted(set(item.tags))
    for address in [*item.links, *(media.url for media in item.media), item.url, item.author.url]:
        if address:
            judge_address(address)
