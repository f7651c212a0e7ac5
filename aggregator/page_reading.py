"""Bytes of a library's page to what of ours stands in it. Runs in a child: the page may be anything.

Nothing of the page itself comes out: no title, no text, no link, only whether something of ours is
there, and the policies that the page writes about itself.
"""

import codecs
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNSEEN = frozenset({"script", "style", "template", "textarea", "title"})
_MOST_POLICIES = 20


@dataclass(frozen=True, slots=True)
class PageFound:
    """What of ours a page holds.

    Attributes:
        found: words among `element` (the script's element), `loader` (the script itself), `frame`,
            `picture`, `post` (a link to one post), `link` (a link to the campaign), `code` (our line,
            shown as text instead of being used), `bare` (an address of ours, as mere text).
        policies: what its `<meta http-equiv="Content-Security-Policy">` say.
        is_page: it is HTML at all.
    """

    found: frozenset[str]
    policies: tuple[str, ...] = ()
    is_page: bool = True


def read_page(body: bytes, url: str, public_url: str, slug: str) -> PageFound:
    """Look through a page.

    Args:
        url: the address of the page, to which its links are relative.
        public_url: ours, without a slash at the end.
        slug: whose campaign's.
    """
    text = _decoded(body)
    reader = _Reader(url, public_url, slug)
    reader.feed(text)
    reader.close()
    return PageFound(frozenset(reader.found), tuple(reader.policies[:_MOST_POLICIES]), reader.tags > 2)


@dataclass
class _Ours:
    """How addresses of ours begin, without their scheme: a page may spell it or not."""

    public_url: str
    slug: str
    campaign: str = field(init=False)
    scripts: str = field(init=False)

    def __post_init__(self) -> None:
        here = self.public_url.partition(":")[2]
        self.campaign, self.scripts = f"{here}/{self.slug}/", f"{here}/w/"

    def path_in(self, address: str) -> str | None:
        """Give what follows the campaign's own address; None when the address is not ours."""
        rest = address.partition(":")[2].partition("#")[0].partition("?")[0]
        return rest.removeprefix(self.campaign) if rest.startswith(self.campaign) else None

    def is_script(self, address: str) -> bool:
        return address.partition(":")[2].startswith(self.scripts)


class _Reader(HTMLParser):
    """Goes through the tags once. It keeps nothing but what `PageFound` says."""

    def __init__(self, url: str, public_url: str, slug: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()
        self.policies: list[str] = []
        self.tags = 0
        self._ours = _Ours(public_url, slug)
        self._home = url
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        values = {name: value or "" for name, value in attrs}
        if tag in _UNSEEN:
            self._inside.append(tag)
        if tag == "base" and values.get("href"):
            self._home = self._absolute(values["href"])
        elif tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(values.get("content", ""))
        else:
            self.found.update(self._words_for(tag, values))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if self._inside:
            return
        at_home = self._ours.campaign
        if "<engaged-feed" in data or ("<iframe" in data and at_home in data):
            self.found.add("code")
        elif at_home in data:
            self.found.add("bare")

    def _words_for(self, tag: str, values: dict[str, str]) -> set[str]:
        if tag == "engaged-feed":
            return {"element"}
        if tag == "script":
            return {"loader"} if self._ours.is_script(self._absolute(values.get("src", ""))) else set()
        # Sites that wait for consent, or load late, keep a frame's address under another name.
        named = next((values[name] for name in ("src", "data-src", "href") if values.get(name)), "")
        path = self._ours.path_in(self._absolute(named)) if named else None
        if path is None:
            return set()
        if tag == "iframe":
            return {"frame"}
        if tag == "img":
            return {"picture"}
        return {"post" if path.startswith("p/") or "/p/" in path else "link"} if tag == "a" else set()

    def _absolute(self, address: str) -> str:
        try:
            return urljoin(self._home, address.strip())
        except ValueError:
            return ""


def _decoded(body: bytes) -> str:
    """Give the text; what we look for is ASCII, so any other encoding reads as well as this one."""
    name = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")
    return body.decode(name, "replace")
