"""An edition for listmonk: what was approved becomes drafts there, one for each language with a list.

Nothing is sent by that: somebody looks at the drafts in listmonk and sends them there.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from aggregator.answer import user_agent
from aggregator.send import Sender
from aggregator.settings import Campaign, Settings
from aggregator.store.issues import Issue
from aggregator.store.published import Shown
from engaged import __version__
from engaged.terminal import WrongUse
from feeds.addresses import Address, path_of
from feeds.highlights.handoff import Listmonk, Request, draft_for
from feeds.highlights.letter import Letter, filled, still_shown
from feeds.highlights.wording import MERGED

APPROVED = ("approved", "sending", "paused", "sent", "late")


def drafts_of(
    issue: Issue,
    letters: Mapping[str, Letter],
    shown: Mapping[str, Shown],
    campaign: Campaign,
    settings: Settings,
) -> dict[str, Request]:
    """Give the request for each language, without the posts that are no longer shown.

    Raises:
        WrongUse: it was not approved, or it is not known where to.
    """
    if issue.state not in APPROVED or issue.frozen is None:
        raise WrongUse(
            f"Edition {issue.number} is not approved, and nothing else is handed over. "
            f"`engaged highlights approve --number {issue.number} --as NAME` approves it."
        )
    there, lists = settings.mail.listmonk, campaign.highlights.listmonk_lists
    if there is None or not lists:
        raise WrongUse(
            "It is not known where to: say `mail: {listmonk: {url: …, user: …, token: …}}` and "
            f"`highlights: {{listmonk_lists: {{{campaign.languages[0]}: [3]}}}}` in config.yaml."
        )
    found = {}
    for language in sorted(lists.keys() & letters.keys()):
        listmonk = Listmonk(there.url, there.user, there.token, lists[language], there.template)
        name = f"{campaign.name} {issue.number} ({language})"
        own = "" if language == campaign.languages[0] else language
        address = Address("highlights-issue", campaign.slug, str(issue.number), own)
        letter = letters[language]
        # The fields stay as they are: listmonk's own links take their places.
        fields = {field: f"{{{{{field}}}}}" for field in MERGED}
        whole = filled(letter, still_shown(letter, shown), fields)
        archive = settings.public_url + path_of(address)
        found[language] = draft_for(listmonk, name, whole.subject, whole.html, whole.text, archive)
    return found


async def hand_over(
    drafts: Iterable[Request], campaign: Campaign, settings: Settings, now: Callable[[], datetime]
) -> None:
    """Make the drafts.

    Raises:
        FetchError: one was not taken; those before it were.
    """
    agent = user_agent(__version__, settings.public_url, campaign.contact)
    async with Sender(settings.network, agent, now=now) as sender:
        for draft in drafts:
            await sender.send(draft.address, draft.body, draft.headers)
