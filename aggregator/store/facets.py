"""What posts can be found by: tags, language and kind of each revision, and the words of moderators.

Both are written once, beside what they are made of, and never change, as that never does. They say
where to look. What decides is the approved revision and the last word that stands (`selection`).
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection, select

from aggregator.store.models import facet

TAG, LANGUAGE, KIND, LIBRARY, PLACE = "tag", "language", "kind", "library", "place"

SAID = frozenset({TAG, LANGUAGE, KIND})
"""What revisions say that posts are found by: the names of facets."""

WRITTEN = frozenset({KIND, LIBRARY, PLACE})
"""What moderators write that posts are found by: fields of amendments. It comes before what is said."""

FOLDED_LIMIT = 500
"""In characters: at four bytes each it must fit an index entry of PostgreSQL, 2,704 bytes."""


def facets_of(kind: str, language: str, tags: Iterable[str]) -> set[tuple[str, str]]:
    """Give name and value of all that a revision is found by."""
    found = {(KIND, kind), *((TAG, tag) for tag in tags)}
    return found | {(LANGUAGE, each) for each in languages_of(language)}


def languages_of(language: str) -> tuple[str, ...]:
    """Give a language and the wider ones that it is: `es-mx` is `es` too."""
    return tuple(accumulate(language.split("-"), lambda wider, part: f"{wider}-{part}"))


def rows_of(said: Mapping[str, Any], content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of a revision.

    Args:
        said: its item, number and campaign.
        content: its columns.
    """
    found = facets_of(content["kind"], content["language"], content["tags"])
    return [{**said, "name": name, "value": value} for name, value in sorted(found)]


def stored(
    connection: Connection, ids: Collection[str]
) -> Mapping[tuple[str, int], set[tuple[str, str]]]:
    """Give what is stored for the revisions of these items, by item and number."""
    there: dict[tuple[str, int], set[tuple[str, str]]] = {}
    for row in connection.execute(select(facet).where(facet.c.item_id.in_(ids))):
        there.setdefault((row.item_id, row.revision), set()).add((row.name, row.value))
    return there


def folded(field: str, words: str) -> str:
    """Give what a moderator wrote for a field as it is compared; "" where nothing is found by it."""
    return fold_words(words) if field in WRITTEN else ""


def fold_words(words: str) -> str:
    """Give words as they are compared, whatever their case."""
    return " ".join(normalize("NFKC", words).casefold().split())[:FOLDED_LIMIT]
