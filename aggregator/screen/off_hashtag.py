"""Posts that never say the campaign's hashtag: a feed or a search can be wider than a tag."""

from aggregator.item import Item
from aggregator.stages import PASS, Known, RuleSettings, Verdict, hold
from aggregator.tags import SPACELESS, fold_tag, is_word


def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:  # noqa: ARG001 - every rule takes the same three
    """Hold a post with none of the hashtags, neither among its tags nor as a word of its title."""
    hashtags = {fold_tag(hashtag) for hashtag in settings.campaign.hashtags} - {""}
    if not hashtags or not settings.source.needs_hashtag or not hashtags.isdisjoint(item.tags):
        return PASS
    title = fold_tag(item.title)
    return PASS if any(_says(title, hashtag) for hashtag in hashtags) else hold("off-hashtag")


def _says(title: str, hashtag: str) -> bool:
    start = title.find(hashtag)
    while start >= 0:
        end = start + len(hashtag)
        if not _joins(title[start - 1 : start], hashtag[0]) and not _joins(
            hashtag[-1], title[end : end + 1]
        ):
            return True
        start = title.find(hashtag, start + 1)
    return False


def _joins(left: str, right: str) -> bool:
    """Say whether two neighbours belong to one word; in scripts without spaces they never do."""
    if not left or not right or SPACELESS.match(left) or SPACELESS.match(right):
        return False
    return is_word(left) and is_word(right)
