"""Whether one post is among what a view is narrowed to. For lists that the store gives whole: events.

The store decides the same for posts, in its own words (aggregator/store/selection.py).
"""

from unicodedata import normalize

from aggregator.settings import View
from aggregator.store.published import Selection, Shown
from aggregator.tags import fold_tag


def selection_of(view: View) -> Selection:
    """Give what a view is narrowed to, as the store asks for it."""
    return Selection(
        tags=tuple(fold_tag(tag) for tag in view.tags),
        languages=view.languages,
        kinds=tuple(kind.value for kind in view.kinds),
        libraries=view.libraries,
        places=view.places,
    )


def meets(shown: Shown, selection: Selection) -> bool:
    """Say whether a post is one of those: any of the values of each field that has some."""
    item = shown.item
    return (
        (not selection.tags or not set(selection.tags).isdisjoint(item.tags))
        and (
            not selection.languages or any(_speaks(item.language, each) for each in selection.languages)
        )
        and (not selection.kinds or item.kind.value in selection.kinds)
        and (not selection.libraries or _folded(shown.library) in map(_folded, selection.libraries))
        and (not selection.places or _folded(shown.place) in map(_folded, selection.places))
    )


def _speaks(language: str, wanted: str) -> bool:
    return language == wanted.lower() or language.startswith(f"{wanted.lower()}-")


def _folded(words: str) -> str:
    return normalize("NFKC", " ".join(words.split())).casefold()
