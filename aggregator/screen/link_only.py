"""Posts that are nothing but links and tags: most are copies of headlines, many are spam."""

import re

from aggregator.item import Flag, Item, Kind
from aggregator.stages import PASS, Known, RuleSettings, Verdict, hold
from aggregator.tags import SPACELESS

FEWEST_WORDS = 3
FEWEST_CHARACTERS = 10  # of a script that writes words without spaces

_NOT_SAID = re.compile(r"\w+://\S+|\bwww\.\S+|(?<!\w)[#＃@＠]\S+")
_WORD = re.compile(r"[^\W\d_]")


def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:  # noqa: ARG001 - every rule takes the same three
    """Hold a post with fewer than three words of its own and nothing to look at.

    An article with a title says what it is about; a protected post was emptied by us.
    """
    if Flag.PROTECTED in item.flags or any(media.type in ("image", "video") for media in item.media):
        return PASS
    says_something = _says_enough(item.text) or (item.kind is Kind.ARTICLE and _says_enough(item.title))
    return PASS if says_something else hold("link-only")


def _says_enough(text: str) -> bool:
    own = _NOT_SAID.sub(" ", text)
    words = [word for word in SPACELESS.sub(" ", own).split() if _WORD.search(word)]
    return len(words) >= FEWEST_WORDS or len(SPACELESS.findall(own)) >= FEWEST_CHARACTERS
