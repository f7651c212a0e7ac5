"""Who an entry is: ids scoped to the feed's host, so that no feed can overwrite or hide another's items.

Which links identify an item besides, clean.py knows. Here a link is only marked when entries share it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from aggregator.item import Flag, Kind, RawItem

LONGEST_GUID = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """An item that has no identity yet, with the id its feed writes; "" when it writes none."""

    guid: str
    item: RawItem


def identified(entries: Sequence[Entry], home: str) -> tuple[list[RawItem], list[tuple[str, str]]]:
    """Give the items with their identities and authors' keys, and what was skipped, with the reason."""
    guids, links = _shared_guids(entries), _shared_links(entries)
    skipped: list[tuple[str, str]] = []
    items: dict[str, RawItem] = {}
    for entry in entries:
        item = entry.item
        if not (item.title or item.html or item.text or item.media or item.url or item.flags):
            skipped.append(("no-content", entry.guid[:300]))
            continue
        is_shared = item.kind is Kind.COMMENT or _page(item.url) in links
        identity = _identity(entry, home, guids, is_shared)
        if identity in items:
            skipped.append(("repeated", (entry.guid or item.url or item.title)[:300]))
        else:
            items[identity] = _named(item, identity, home, is_shared)
    return list(items.values()), skipped


def scoped(guid: str, home: str) -> str:
    """Give the identity that an id is, within the host of its feed."""
    long = len(guid) > LONGEST_GUID
    return f"guid:{home}:{'sha256-' + _digest(guid) if long else guid}"


def _identity(entry: Entry, home: str, guids: Collection[str], is_shared: bool) -> str:
    item = entry.item
    if entry.guid and entry.guid not in guids:
        return scoped(entry.guid, home)
    if item.url and (not is_shared or item.kind is Kind.COMMENT):
        return scoped(item.url, home)
    return (
        f"digest:{home}:{_digest(chr(10).join((item.title, str(item.published), item.html, item.text)))}"
    )


def _named(item: RawItem, identity: str, home: str, is_shared: bool) -> RawItem:
    author = item.author
    return replace(
        item,
        identities=(identity,),
        author=replace(author, key=f"feed:{home}/{author.name.lower()}") if author.name else author,
        flags=item.flags | {Flag.NO_STABLE_ID} if identity.startswith("digest:") else item.flags,
        url_is_shared=is_shared,
    )


def _shared_guids(entries: Iterable[Entry]) -> set[str]:
    """Find ids that stand for different things: other links or, without any link, other titles."""
    return _ambiguous((entry.guid, entry.item.url or f" {entry.item.title}") for entry in entries)


def _shared_links(entries: Sequence[Entry]) -> set[str]:
    return _ambiguous(
        (_page(entry.item.url), f"{entry.guid} {'' if entry.guid else entry.item.title}")
        for entry in entries
        if entry.item.url and entry.item.kind is not Kind.COMMENT
    )


def _ambiguous(pairs: Iterable[tuple[str, str]]) -> set[str]:
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for name, meaning in pairs:
        meanings[name].add(meaning)
    return {name for name, different in meanings.items() if len(different) > 1}


def _page(url: str) -> str:
    return url.partition("#")[0].rstrip("/")


def _digest(value: str) -> str:
    return sha256(value.encode("utf-8", "replace")).hexdigest()
