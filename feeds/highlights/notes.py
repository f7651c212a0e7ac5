"""What the program itself writes: the mail that confirms an address, and words to editors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aggregator.settings import Campaign, Settings
from feeds.addresses import mail_path
from feeds.highlights.message import Body
from feeds.highlights.sheets import as_html, as_text
from feeds.highlights.wording import harmless, isolated, start_of
from feeds.i18n import Words as Say
from feeds.i18n import words

ABOUT = ("drafted", "few", "waiting", "late", "stopped", "settle")
"""What editors are told of: the facts of an `editors` mail say which of these."""


@dataclass(frozen=True, slots=True)
class _Note:
    """One small mail, in words."""

    subject: str
    title: str
    words: str
    button: str
    link: str
    after: tuple[str, ...] = ()


def confirmation(campaign: Campaign, settings: Settings, facts: Mapping[str, Any]) -> Body:
    """Give the mail that asks whether an address is really its owner's wish.

    Args:
        facts: `token`, and `language` as one of the campaign's or "".
    """
    language = str(facts.get("language", "")) or campaign.languages[0]
    say = words(language)
    name = isolated(harmless(campaign.name), say.direction)
    in_path = language if language in campaign.languages[1:] else ""
    link = settings.public_url + mail_path("confirm", campaign.slug, in_path, str(facts["token"]))
    note = _Note(
        say("mail-confirm-subject", campaign=name),
        say("mail-confirm-title"),
        say("mail-confirm-text", campaign=name),
        say("mail-confirm-button"),
        link,
        (say("mail-confirm-until"), say("mail-confirm-not-you")),
    )
    return _body(note, campaign, say, contact=campaign.contact)


def to_editors(campaign: Campaign, settings: Settings, facts: Mapping[str, Any]) -> Body:
    """Give the mail that tells editors how things are with an issue.

    Args:
        facts: `about`: one of ABOUT, `number`, `link` on our own site, and what its words name: `date`,
            `words`, `count`.
    """
    say = words(campaign.languages[0])
    name = isolated(harmless(campaign.name), say.direction)
    known = {key: harmless(str(value)) for key, value in facts.items()}
    filled = {**dict.fromkeys(("number", "date", "words", "count"), ""), **known, "campaign": name}
    about = known["about"]
    note = _Note(
        (subject := say(f"mail-editors-{about}-subject", **filled)),
        subject,
        say(f"mail-editors-{about}-text", **filled),
        say("mail-editors-button"),
        settings.public_url + known["link"],
    )
    return _body(note, campaign, say, contact="")


def _body(note: _Note, campaign: Campaign, say: Say, contact: str) -> Body:
    values: dict[str, Any] = {
        "name": harmless(campaign.name),
        "title": note.title,
        "words": note.words,
        "button": note.button,
        "link": note.link,
        "after": note.after,
        "contact": contact,
    }
    around = {"subject": note.subject, "preheader": "", "start": start_of(say.direction)}
    html = as_html("note.html", say=say, **around, **values)
    return Body(note.subject, html, as_text("note.txt", say=say, **values), say.language)
