"""Foreign markup to our own small markup: paragraphs, lists, emphasis, links, and nothing else.

Two walls stand one behind the other: nh3 reads as a browser reads and lets known tags through, and
`rewrite.py` spells its output anew. Pictures are handed out beside the markup and never stand in it.
Nothing is fetched.
"""

import re
from dataclasses import dataclass
from html import escape, unescape

import nh3

from aggregator.item import Media
from aggregator.links import canonical_link
from aggregator.nesting import RAW_TAG, costs_too_much
from aggregator.rewrite import BLOCKS, INLINE, OTHER_SPELLINGS, Rewriter, plain_text
from aggregator.text import tidy

RAW_LIMIT = 200_000
SHORT = 2_000
LINK_LIMIT = 100
_WITH_THEIR_WORDS = frozenset(
    {"script", "style", "template", "svg", "math", "object", "embed", "applet", "iframe", "frameset"}
    | {"noframes", "noembed", "noscript", "title", "head", "form", "select", "option", "datalist"}
    | {"textarea", "button", "dialog", "audio", "video", "canvas", "map", "xmp", "plaintext"}
)
_TAGS = set(INLINE) | set(BLOCKS) | set(OTHER_SPELLINGS) | {"br", "hr", "img", "td", "th"}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "data-src", "alt", "width", "height", "class"}}
_SANITISER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=set(_WITH_THEIR_WORDS),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
# Blogs are full of spans that mean nothing: they come through only where one of these two may be.
_SPAN_CLASSES = {"invisible", "ellipsis"}
_SANITISER_WITH_SPANS = nh3.Cleaner(
    tags=_TAGS | {"span"},
    clean_content_tags=set(_WITH_THEIR_WORDS),
    attributes=_ATTRIBUTES,
    tag_attribute_values={"span": {"class": _SPAN_CLASSES}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
_STRIPPER = nh3.Cleaner(
    tags=set(), clean_content_tags=set(_WITH_THEIR_WORDS), attributes={}, link_rel=None
)

_ONE_LINK = r'<a href="([^"]*)">(?:(?!</?a[ >]).)*</a>'
_POINTS_BACK = re.compile(rf"<p>[^<]*{_ONE_LINK}[^<]*{_ONE_LINK}[^<]*</p>", re.DOTALL)
_BARE_ADDRESS = re.compile(
    r"https?://[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’…。、，！？；：\])）】」』]", re.IGNORECASE
)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Body:
    """One body, cleaned.

    Attributes:
        html: our markup, at most 100,000 characters; clean.py alone calls it safe.
        text: its words, paragraphs apart by a blank line, no limit of its own.
        links: canonical http(s), in order, without repeats, at most 100.
        pictures: what it showed, in order, absolute http(s).
        is_cut: something was left out because it was too much.
    """

    html: str = ""
    text: str = ""
    links: tuple[str, ...] = ()
    pictures: tuple[Media, ...] = ()
    is_cut: bool = False


def body_of(html: str, base: str, own_url: str = "") -> Body:
    """Give the body that foreign markup means.

    Args:
        base: what relative addresses are relative to.
        own_url: the item's canonical address; a last paragraph that only points back to it is left out.
    """
    whole, is_cut = html[:RAW_LIMIT], len(html) > RAW_LIMIT
    if costs_too_much(whole):
        whole, is_cut = markup_of(unescape(RAW_TAG.sub(" ", whole))), True
    has_spans = any(name in whole for name in _SPAN_CLASSES)
    sanitiser = _SANITISER_WITH_SPANS if has_spans else _SANITISER
    safe = _without_pointer_back(tidy(_parsed(sanitiser, whole)), base, own_url)
    writer = Rewriter(base)
    writer.rewrite(safe)
    return Body(
        html="".join(writer.out),
        text=plain_text(writer.out),
        links=tuple(writer.links)[:LINK_LIMIT],
        pictures=tuple(writer.pictures),
        is_cut=is_cut or writer.is_full or len(writer.links) > LINK_LIMIT,
    )


def words_of(html: str) -> str:
    """Give the words of a short piece of markup, such as a title, entities decoded once."""
    html = html[:SHORT]
    return unescape(_parsed(_STRIPPER, html) if "<" in html else html)


def markup_of(text: str) -> str:
    """Give plain text as markup: paragraphs at blank lines, bare addresses linked."""
    paragraphs = re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{_linked(each).replace(chr(10), '<br>')}</p>" for each in paragraphs)


def _linked(text: str) -> str:
    parts, end = [], 0
    for found in _BARE_ADDRESS.finditer(text):
        url = escape(found[0])
        parts += [escape(text[end : found.start()]), f'<a href="{url}">{url}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def _parsed(cleaner: nh3.Cleaner, html: str) -> str:
    try:
        return cleaner.clean(html)
    except UnicodeEncodeError:  # half a character, as JSON can hold it
        return cleaner.clean(_SURROGATES.sub("", html))


def _without_pointer_back(html: str, base: str, own_url: str) -> str:
    """Leave out what SEO plugins put under every post in a feed: "The post X appeared first on Y.", in
    any language. It is known by its two links: to the post itself, and to where its blog begins."""
    html = html.rstrip()
    while own_url and html.endswith("</p>"):
        start = html.rfind("<p>")
        found = _POINTS_BACK.fullmatch(html, start) if start >= 0 else None
        if not found:
            break
        post, blog = (canonical_link(unescape(link), base) for link in found.groups())
        if post.rstrip("/") != own_url.rstrip("/") or not blog or not own_url.startswith(blog):
            break
        html = html[:start].rstrip()
    return html
