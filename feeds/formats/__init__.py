"""One file = one machine-readable form of a view."""

from html import escape

from aggregator.item import SafeHtml


def warned_html(html: SafeHtml, warning: str) -> str:
    """Give clean.py's markup with the author's warning before it, where there is one."""
    return f"<p><strong>{escape(warning)}</strong></p>{html}" if warning else html
