"""The words of posts and articles as the networks and blogs write them in HTML."""

import re
from html import escape

from engaged.demo.content import HASHTAG
from engaged.demo.world import Status, World

_PIECES = re.compile(
    r"(?P<url>https?://[^\s<>]+[^\s<>.,;:!?)»”\"'])|#(?P<tag>\w+)|(?<!\w)@(?P<who>[a-z]+)"
)
_LONGEST_SHOWN = 30


def of_status(status: Status, world: World) -> str:
    """Give a post's content in Mastodon's markup; the hashtags that its words lack stand at its end."""
    origin = world.plan.origin(status.server)
    if status.post.html and status.edited_at is None:
        return status.post.html + _tags_line((HASHTAG, *status.post.tags), origin)
    paragraphs = [_linked(part, origin, world) for part in status.text.split("\n\n")]
    said = {match["tag"].lower() for match in _PIECES.finditer(status.text) if match["tag"]}
    missing = tuple(tag for tag in (HASHTAG, *status.post.tags) if tag.lower() not in said)
    return "".join(f"<p>{part}</p>" for part in paragraphs) + _tags_line(missing, origin)


def of_article(text: str, closing: str = "") -> str:
    """Give an article's paragraphs and lists as markup."""
    parts = [*text.split("\n\n"), *([closing] if closing else [])]
    return "\n".join(
        _list(part) if part.startswith("- ") else f"<p>{escape(part)}</p>" for part in parts
    )


def tags_of(status: Status) -> tuple[str, ...]:
    """Give a post's hashtags in small letters, as Mastodon names them, each once."""
    said = (match["tag"] for match in _PIECES.finditer(status.text) if match["tag"])
    return tuple(dict.fromkeys(tag.lower() for tag in (*said, HASHTAG, *status.post.tags)))


def _list(part: str) -> str:
    rows = (f"<li>{escape(line.removeprefix('- '))}</li>" for line in part.splitlines())
    return f"<ul>{''.join(rows)}</ul>"


def _linked(text: str, origin: str, world: World) -> str:
    done, markup = 0, ""
    for match in _PIECES.finditer(text):
        markup += _escaped(text[done : match.start()]) + _link(match, origin, world)
        done = match.end()
    return markup + _escaped(text[done:])


def _link(match: re.Match[str], origin: str, world: World) -> str:
    if match["url"]:
        return _web(match["url"])
    if match["tag"]:
        return _tag(match["tag"], origin)
    person = world.content.people.get(match["who"])
    if person is None:
        return _escaped(match[0])
    url = f"{world.plan.origin(person.network)}/@{person.handle}"
    return (
        f'<span class="h-card" translate="no"><a href="{escape(url)}" class="u-url mention">'
        f"@<span>{escape(person.handle)}</span></a></span>"
    )


def _web(url: str) -> str:
    """Mastodon hides the beginning of a long address, and its end."""
    scheme, _, rest = url.partition("://")
    shown, hidden = rest[:_LONGEST_SHOWN], rest[_LONGEST_SHOWN:]
    kind = ' class="ellipsis"' if hidden else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{scheme}://</span><span{kind}>{escape(shown)}</span>'
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )


def _tag(tag: str, origin: str) -> str:
    url = f"{origin}/tags/{escape(tag)}"
    return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{escape(tag)}</span></a>'


def _tags_line(tags: tuple[str, ...], origin: str) -> str:
    return f"<p>{' '.join(_tag(tag, origin) for tag in tags)}</p>" if tags else ""


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br />")
