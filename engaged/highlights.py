"""`engaged highlights`: the weekly mail from the shell. Everything here can be done on screen, too."""

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from aggregator.mail_address import domain_of, readable
from aggregator.settings import Campaign, Settings
from aggregator.store import deliveries, issues, outgoing
from aggregator.store.issues import Issue
from engaged import doors
from engaged.configure import settings_for
from engaged.handing_over import drafts_of, hand_over
from engaged.mailing import Tools, outbox_of, post_of, started, tell_of_end, waits_for
from engaged.terminal import WrongUse, answer, document, tell
from feeds.highlights import drafting, moments
from feeds.highlights.composing import (
    items_of,
    letters_of,
    new_letters,
    shown_of,
    still_there,
)
from feeds.highlights.draft import from_json
from feeds.highlights.letter import filled, freeze
from feeds.highlights.lint import Finding, lint, size_of
from feeds.highlights.looks import Look, ask_dns, look
from feeds.highlights.own_mail import OwnMail
from feeds.highlights.send import MailTrouble, Post
from feeds.highlights.wording import MERGED

NEWEST = 10
_now = partial(datetime.now, UTC)


def highlights(arguments: Namespace) -> int:
    """Do one step of the weekly mail."""
    settings = settings_for(arguments.config)
    campaign = _campaign(settings, arguments.campaign)
    step: Callable[[Tools, Campaign, Namespace], int] = _STEPS[arguments.step]
    needs_server = arguments.step == "send"
    if needs_server and (why := waits_for(settings)):
        raise WrongUse(f"Nothing can be sent: {why}.")
    post = post_of(settings) if needs_server else None
    try:
        with doors.reader(settings) as reader, doors.writer(settings) as writer:
            return step(Tools(reader, writer, settings, post, _now), campaign, arguments)
    finally:
        if post is not None:
            post.close()


def _campaign(settings: Settings, slug: str | None) -> Campaign:
    known = ", ".join(campaign.slug for campaign in settings.campaigns)
    if slug is None and len(settings.campaigns) > 1:
        raise WrongUse(f"Which campaign? Say --campaign SLUG: {known}.")
    found = settings.campaign(slug) if slug else settings.campaigns[0]
    if found is None:
        raise WrongUse(f"There is no campaign {slug}. Configured: {known}.")
    return found


def _issue(tools: Tools, campaign: Campaign, number: int | None) -> Issue:
    with tools.reader.connect() as connection:
        found = (
            issues.one(connection, campaign.slug, number)
            if number is not None
            else next(iter(issues.newest(connection, campaign.slug, 1)), None)
        )
    if found is None:
        which = f"There is no edition {number}" if number is not None else "There is no edition yet"
        raise WrongUse(f"{which}. `engaged highlights draft` makes this week's.")
    return found


def _draft(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Draft this week's edition now, due or not."""
    now = _now()
    week = moments.coming(campaign, now).week
    made = drafting.draft_week(tools.door, tools.reader, tools.writer, campaign, week, now)
    if arguments.json:
        document({"edition": _as_json(made, campaign) if made else None})
    elif made:
        posts = len(from_json(made.content).picks)
        answer(f"Edition {made.number} is drafted, with {posts} posts. It is due {_at(made.due_at)}.")
        if made.week != moments.week_of(now, campaign.timezone):
            answer(_not_this_week(tools, campaign, made, now))
    else:
        tell("Nothing was drafted: the week has an edition already, or no new post fits.")
    return 0 if made else 1


def _not_this_week(tools: Tools, campaign: Campaign, made: Issue, now: datetime) -> str:
    """Say why a draft is of another week than the one it is."""
    this_week = moments.week_of(now, campaign.timezone)
    with tools.reader.connect() as connection:
        newest = issues.newest(connection, campaign.slug, NEWEST)
    there = next((one for one in newest if one.week == this_week), None)
    first = "The hour of this week's edition has passed"
    if there is not None:
        went_out = f"went out {_at(there.started_at)}" if there.started_at else f"is {there.state}"
        first = f"This week's edition {there.number} {went_out}"
    return f"{first}; this is the one for the week of {made.week}."


def _preview(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Write an edition as files, in each language, as HTML and as text."""
    issue = _issue(tools, campaign, arguments.number)
    folder: Path = arguments.to or Path(f"highlights-{issue.number}")
    folder.mkdir(parents=True, exist_ok=True)
    hub = f"{tools.settings.public_url}/{campaign.slug}/"
    written = []
    for language, letter in letters_of(issue, tools.door, campaign, tools.settings).items():
        there = still_there(letter, tools.door, campaign.slug)
        whole = filled(letter, there, dict.fromkeys(MERGED, hub))
        for ending, words in (("html", whole.html), ("txt", whole.text)):
            file = folder / f"{language}.{ending}"
            file.write_text(words, "utf-8")
            written.append(str(file))
    if arguments.json:
        document({"edition": _as_json(issue, campaign), "files": written})
    else:
        for name in written:
            answer(name)
    return 0


def _approve(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Approve an edition word by word, unless something in it must be mended first."""
    if not arguments.name:
        raise WrongUse("Say who approves: --as NAME")
    issue = _issue(tools, campaign, arguments.number)
    _refuse_two_names_of_one_person(issue, campaign)
    shown = shown_of(tools.door, campaign.slug, items_of(from_json(issue.content)))
    made = new_letters(issue, shown, campaign, tools.settings)
    found = lint(from_json(issue.content), made, shown, campaign, tools.settings)
    _say_findings(found)
    if any(finding.stops for finding in found):
        tell("Nothing was approved: mend what stands above first.")
        return 1
    frozen, digest = freeze(made)
    with tools.writer.begin() as connection:
        by, now = f"shell:{arguments.name}", _now()
        approved = issues.approve(connection, issue.id, issue.version, frozen, digest, by, False, now)
    if arguments.json:
        document({"edition": _as_json(approved, campaign)})
    else:
        answer(f"Edition {approved.number} is approved. It is due {_at(approved.due_at)}.")
    return 0


def _refuse_two_names_of_one_person(issue: Issue, campaign: Campaign) -> None:
    """Nobody proves a name on the shell: one person could be both of the two that are asked for."""
    if campaign.highlights.second_person or issue.state == "seconding":
        raise WrongUse(
            f"Edition {issue.number} of {campaign.slug} needs two people who are signed in, and a name "
            "on the shell is not one: both approve it on screen, under Weekly mail."
        )


def _send(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Send a test, or what was approved and is due."""
    issue = _issue(tools, campaign, arguments.number)
    if arguments.test:
        return _send_test(tools, campaign, issue)
    if issue.state == "approved":
        if _now() < issue.due_at and not arguments.now:
            raise WrongUse(f"Edition {issue.number} is due {_at(issue.due_at)}: --now sends it now.")
        issue = started(tools, campaign, issue, at_once=arguments.now)
    if issue.state != "sending":
        raise WrongUse(f"Edition {issue.number} is {issue.state}: only what was approved is sent.")
    return _send_to_end(tools, campaign, issue, as_json=arguments.json)


def _send_to_end(tools: Tools, campaign: Campaign, issue: Issue, *, as_json: bool) -> int:
    assert tools.post is not None  # `highlights` saw to it
    outbox = outbox_of(tools, tools.post, lambda: False)
    progress = outbox.send(campaign, issue)
    while progress.what == "more" or (progress.what == "waits" and outbox.free_in()):
        time.sleep(outbox.free_in())  # a domain that has had enough mail for this minute
        progress = outbox.send(campaign, issue)
    if progress.what in ("sent", "stopped"):
        tell_of_end(tools, campaign, issue, progress)
    with tools.reader.connect() as connection:
        tally = deliveries.tally(connection, issue.id)
    if as_json:
        document({"edition": _as_json(_again(tools, issue), campaign), "mails": dict(tally)})
    else:
        answer(_tally_in_words(tally))
    if progress.what == "waits":
        tell("Some wait for their hour, or are tried again later: `engaged work` sees to them.")
    return 0 if progress.what in ("sent", "waits") and not tally["failed"] else 1


def _again(tools: Tools, issue: Issue) -> Issue:
    with tools.reader.connect() as connection:
        return issues.by_id(connection, issue.id)


def _send_test(tools: Tools, campaign: Campaign, issue: Issue) -> int:
    post: Post | None = tools.post
    assert post is not None  # `highlights` saw to it
    to = [found for each in tools.settings.mail.test_to if (found := readable(each))]
    if not to:
        raise WrongUse("It is not known to whom: write mail.test_to: [ADDRESS] in config.yaml.")
    with tools.writer.begin() as connection:
        for address in to:
            for language in campaign.languages:
                facts = {"number": issue.number, "language": language}
                outgoing.put(connection, campaign.slug, "test", address, facts, _now())
    left = OwnMail(tools.writer, tools.door, post, tools.settings, _now).turn()
    answer(f"Test mails sent: {left} of {len(to) * len(campaign.languages)}")
    return 0 if left else 1


def _status(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Say how the newest editions stand, and when the next one is due."""
    with tools.reader.connect() as connection:
        newest = issues.newest(connection, campaign.slug, NEWEST)
        asked = [_issue(tools, campaign, arguments.number)] if arguments.number else newest
        tallies = [deliveries.tally(connection, issue.id) for issue in asked]
    coming = moments.coming(campaign, _now(), {issue.week for issue in newest})
    if arguments.json:
        listed = [
            {**_as_json(issue, campaign), "mails": dict(tally)}
            for issue, tally in zip(asked, tallies, strict=True)
        ]
        document({"editions": listed, "next": coming.send_at.isoformat()})
        return 0
    for issue, tally in zip(asked, tallies, strict=True):
        answer(f"{issue.number}  {issue.state}  due {_at(issue.due_at)}  {_tally_in_words(tally)}")
    answer(f"The next edition is drafted {_at(coming.draft_at)} and sent {_at(coming.send_at)}.")
    return 0


def _check(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Look up our domain, try the server, and look through the newest edition."""
    settings = tools.settings
    looks = _looks(settings)
    server = _server(settings)
    issue = _newest(tools, campaign)
    findings, sizes = _letter(tools, campaign, issue) if issue else ((), {})
    if arguments.json:
        document(
            {
                "server": server,
                "domain": [{"code": one.code, "state": one.state, "words": one.words} for one in looks],
                "findings": [_finding_as_json(one) for one in findings],
                "bytes": dict(sizes),
            }
        )
    else:
        answer(f"server: {server or 'takes our mail'}")
        for one in looks:
            (answer if one.state == "fine" else tell)(f"{one.code}: {one.words}")
        if issue and issue.started_at:
            answer(f"edition {issue.number}: went out {_at(issue.started_at)}")
        _say_findings(findings)
        for language, size in sizes.items():
            answer(f"{language}: {size:,} bytes as sent")
    is_fine = not server and not any(one.stops for one in findings)
    return 0 if is_fine and all(one.state != "missing" for one in looks) else 1


def _looks(settings: Settings) -> tuple[Look, ...]:
    sender = readable(settings.mail.sender)
    if not sender:
        return ()
    selectors = [settings.mail.dkim_selector] if settings.mail.dkim_selector else []
    return look(domain_of(sender), selectors, ask_dns)


def _server(settings: Settings) -> str:
    """Say what keeps the server from taking our mail; "" when nothing does. Nothing is sent."""
    if why := waits_for(settings):
        return why
    post = post_of(settings)
    assert post is not None  # it waits for nothing
    try:
        post.open()
    except MailTrouble as error:
        return str(error)
    finally:
        post.close()
    return ""


def _newest(tools: Tools, campaign: Campaign) -> Issue | None:
    with tools.reader.connect() as connection:
        return next(iter(issues.newest(connection, campaign.slug, 1)), None)


def _letter(
    tools: Tools, campaign: Campaign, issue: Issue
) -> tuple[tuple[Finding, ...], Mapping[str, int]]:
    """Look through an edition; nothing in one that went out can be mended any more."""
    draft = from_json(issue.content)
    shown = shown_of(tools.door, campaign.slug, items_of(draft))
    letters = letters_of(issue, tools.door, campaign, tools.settings)
    sizes = {name: size_of(letter, campaign, tools.settings) for name, letter in letters.items()}
    found = () if issue.started_at else lint(draft, letters, shown, campaign, tools.settings)
    return found, sizes


def _say_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        tell(f"{'must be mended' if finding.stops else 'advice'}: {finding.words}")


def _finding_as_json(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "words": one.words,
        "stops": one.stops,
        "item": one.item,
        "language": one.language,
    }


def _as_json(issue: Issue, campaign: Campaign) -> dict[str, Any]:
    """Give the shape that scripts may rely on: keys may be added, none is ever removed."""
    return {
        "campaign": campaign.slug,
        "number": issue.number,
        "state": issue.state,
        "version": issue.version,
        "due": issue.due_at.isoformat(),
        "notes": list(issue.notes),
        "posts": list(from_json(issue.content).items),
    }


def _tally_in_words(tally: Mapping[str, int]) -> str:
    known = {**tally}
    said = [f"{known.pop('sent', 0):,} sent"]
    said += [f"{many:,} {state}" for state, many in known.items() if many]
    return ", ".join(said)


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _hand_over(tools: Tools, campaign: Campaign, arguments: Namespace) -> int:
    """Make a draft of an approved edition in listmonk, one for each language that has a list there."""
    issue = _issue(tools, campaign, arguments.number)
    whole = letters_of(issue, tools.door, campaign, tools.settings)
    shown = shown_of(tools.door, campaign.slug, items_of(from_json(issue.content)))
    made = drafts_of(issue, whole, shown, campaign, tools.settings)
    asyncio.run(hand_over(made.values(), campaign, tools.settings, _now))
    if arguments.json:
        document({"edition": _as_json(issue, campaign), "drafts": list(made)})
    else:
        answer(f"Edition {issue.number} is in listmonk as a draft: {', '.join(made)}.")
    return 0


_STEPS: Mapping[str, Callable[[Tools, Campaign, Namespace], int]] = {
    "draft": _draft,
    "preview": _preview,
    "approve": _approve,
    "send": _send,
    "status": _status,
    "check": _check,
    "hand-over": _hand_over,
}
