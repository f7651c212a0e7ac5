"""Markup that would keep a parser busy for minutes, recognised before it is parsed.

A guess that errs on one side only: it may count too much as open, never too little.
"""

import re
from collections.abc import Iterator

FEW_TAGS = 400  # with so few, the worst nesting costs 5 ms
COST_LIMIT = 150_000  # an article of 4,000 tags, ten deep, reaches 40,000

# Void elements, and what HTML closes by itself: these cannot pile up without something else around them.
_NEVER_PILED_UP = frozenset(
    {"p", "li", "dt", "dd", "br", "img", "hr", "input", "meta", "link", "wbr", "source", "track", "area"}
    | {"base", "basefont", "bgsound", "col", "embed", "frame", "keygen", "param"}
)
_RAW_TEXT = frozenset(
    {
        "script",
        "style",
        "textarea",
        "title",
        "xmp",
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "plaintext",
    }
)
# Every part gives nothing back (++, *+) and the end of the input ends everything: the time is linear.
RAW_TAG = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?:[!?]|/(?![a-zA-Z]))[^>]*+(?:>|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)"
    r"(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+"
    r"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+"
    r"(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >\"'][^\t\n\f\r >]*+)?)?"
    r")*+(?:>|\Z)",
    re.DOTALL,
)


def costs_too_much(html: str) -> bool:
    """Say whether a parser that does as browsers do could be kept busy by this, or swell it up.

    nh3 looks at every open element again at each block (20,000 nested div: 1 s; 200,000: 160 s) and
    repeats open formatting in each paragraph (7.7 KB became 2.5 MB). So the open elements are added up
    at each tag. An end tag counts only when it closes the innermost element.

    Source: HTML Living Standard, sections 13.2.4 (stack of open elements) and 13.2.5 (tokens).
    """
    if html.count("<") <= FEW_TAGS:
        return False
    cost, opened = 0, list[str]()
    for is_end, name, is_whole in _tags(html):
        cost += len(opened)
        if cost > COST_LIMIT:
            return True
        if is_end and opened and opened[-1] == name:
            opened.pop()
        elif not is_end and name not in _NEVER_PILED_UP and not (is_whole and "svg" in opened):
            opened.append(name)
    return False


def _tags(html: str) -> Iterator[tuple[bool, str, bool]]:
    """Give the tags of unparsed markup: whether it is an end, its name, whether it ends by `/>`."""
    position = 0
    while found := RAW_TAG.search(html, position):
        position = found.end()
        name, is_end = (found["name"] or "").lower(), found["end"] == "/"
        if name:
            yield is_end, name, found[0].endswith("/>")
        if name in _RAW_TEXT and not is_end:
            # Inside are words or, in SVG, tags: they count as opened, and nothing as closed.
            close = re.compile(f"</{name}|\\Z", re.IGNORECASE).search(html, position)
            inside = html[position : close.start() if close else len(html)]
            yield from ((False, each.lower(), False) for each in re.findall("<([a-zA-Z]+)", inside))
            position += len(inside)
