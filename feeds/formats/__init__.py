"""One file = one machine-readable form of a view. What they say alike stands here."""

from html import escape

from aggregator.item import SafeHtml
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from feeds.cards import TEXT, warning_of
from feeds.i18n import Words
from feeds.texts import cut, lead, legible


def warned_html(html: SafeHtml, warning: str) -> str:
    """Give clean.py's markup with the author's warning before it, where there is one."""
    return f"<p><strong>{escape(warning)}</strong></p>{html}" if warning else html


def thread_html(shown: Shown, warning: str, say: Words) -> str:
    """Give a post with the later ones of its thread, each behind its own warning."""
    parts = (warned_html(part.item.html, warning_of(part.item, say)) for part in shown.thread)
    return "<hr>".join((warned_html(shown.item.html, warning), *parts))


def first_words(shown: Shown, warning: str, campaign: Campaign) -> str:
    """Give a title for readers that need one: the post's own, else its first words."""
    there = (shown.item.title, warning, lead(shown.item.text)[0], campaign.name)
    return next((words for each in there if (words := legible(each).strip())), "…")


def short_words(shown: Shown, warning: str) -> str:
    """Give the text as it stands in lists, cut; behind a warning the warning alone."""
    return warning or cut(shown.excerpt or shown.item.text, TEXT) or shown.item.title
