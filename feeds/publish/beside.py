"""What is published besides the pages of campaigns: scripts, robots.txt, and what servers say on 404.

Also the headers that pages of posts have, whatever post it is: rules for servers are made of them
before there is any post.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.item import Item
from aggregator.settings import Campaign, Settings
from aggregator.store.published import Gone, Shown
from feeds import scripts
from feeds.addresses import POST_KINDS, Address, path_of
from feeds.i18n import words
from feeds.notices import notice
from feeds.page import Page, finished
from feeds.publish.manifest import Headers
from feeds.publish.plan import file_of
from feeds.publish.rules import Rule, not_found_file
from feeds.render import language_of, render
from feeds.robots import ROBOTS
from feeds.select import ALONE, Snapshot

_THEN = datetime(2020, 1, 1, tzinfo=UTC)
_ANY = "a" * 12
_SHOWN = Shown(_ANY, Item(url="https://posts.example/"), "posts.example", _THEN, _THEN, _THEN)


def beside(settings: Settings) -> dict[str, Page]:
    """Give these answers by their paths."""
    robots = finished(200, "text/plain; charset=utf-8", ROBOTS, ())
    return {"/robots.txt": robots, **scripts.files(), **_not_found(settings)}


def rules_beside(settings: Settings) -> list[Rule]:
    """Give the rules for pages of posts, and for what servers say on 404."""
    missing = [
        Rule(
            not_found_file(campaign.slug),
            "",
            _not_found(settings)[f"/{not_found_file(campaign.slug)}"].headers,
        )
        for campaign in settings.campaigns
    ]
    campaigns = settings.campaigns
    posts = (rule for each in campaigns for rule in _of_posts(settings, each))
    return [*missing, *posts, *(rule for each in campaigns for rule in _of_editions(settings, each))]


def _of_posts(settings: Settings, campaign: Campaign) -> Iterator[Rule]:
    for kind in POST_KINDS:
        for language in ("", *campaign.languages[1:]):
            address = Address(kind, campaign.slug, _ANY, language)
            folder = f"{file_of(path_of(address)).rpartition('/')[0]}/"
            gone = _headers(settings, campaign, address, Gone(_ANY, _THEN))
            yield Rule(folder, "", gone, is_gone=True)
            yield Rule(folder, f"/{folder}*", _headers(settings, campaign, address, _SHOWN))


def _of_editions(settings: Settings, campaign: Campaign) -> Iterator[Rule]:
    """Give the rule for the editions of the weekly mail and their list, which have the same headers."""
    for language in ("", *campaign.languages[1:]):
        address = Address("highlights", campaign.slug, language=language)
        folder = path_of(address)[1:]
        seen = Snapshot(settings.public_url, campaign)
        page = render(seen, address, language_of(seen, address), _THEN)
        yield Rule(folder, f"/{folder}*", page.headers)


def _headers(settings: Settings, campaign: Campaign, address: Address, one: Shown | Gone) -> Headers:
    seen = Snapshot(
        settings.public_url,
        campaign,
        view=ALONE,
        posts=(one,) if isinstance(one, Shown) else (),
        one=one,
        notice=settings.notice,
    )
    return render(seen, address, language_of(seen, address), _THEN).headers


def _not_found(settings: Settings) -> Mapping[str, Page]:
    """Give the pages that a server sends with 404. As files they are files like others: 200."""
    return {
        f"/{not_found_file(campaign.slug)}": replace(
            notice(404, settings.public_url, campaign, words(campaign.languages[0])), status=200
        )
        for campaign in settings.campaigns
    }
