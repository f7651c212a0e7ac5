"""Pages that say why there is nothing here: styled, kind, and without a word of the request."""

from collections.abc import Callable

from aggregator.settings import Campaign
from feeds.addresses import Address, path_of
from feeds.i18n import Words
from feeds.page import (
    FOR_READERS,
    HTML,
    NOT_KEPT,
    PAGE_STYLE,
    Page,
    Sheet,
    draw,
    finished,
    framed,
    sheet,
    unframed,
)

SAID = frozenset({404, 405, 410, 500, 503})
RETRY_AFTER_S = 10

HeadersOf = Callable[[Sheet], tuple[tuple[str, str], ...]]


def notice(
    status: int,
    public_url: str,
    campaign: Campaign | None,
    say: Words,
    headers_of: HeadersOf = unframed,
    language: str = "",
) -> Page:
    """Give the page for a status.

    Args:
        status: one outside SAID reads like the nearest that we have words for.
        campaign: whose page was asked for, when that much is known.
        headers_of: `framed` when the answer stands in somebody's frame.
        language: of the page that was asked for, as in a settled address: its link keeps it.
    """
    style = sheet(*PAGE_STYLE)
    text = draw(
        "notice.html",
        say=say,
        style=style.css,
        banner="",
        said=status if status in SAID else 404 if status < 500 else 500,
        campaign=campaign,
        target="_blank" if headers_of is framed else "",  # the hub itself refuses to be framed
        hub=public_url
        + (path_of(Address("hub", campaign.slug, language=language)) if campaign else "/"),
    )
    headers = (*headers_of(style), *((("Retry-After", str(RETRY_AFTER_S)),) if status == 503 else ()))
    return finished(status, HTML, text, headers, kept=FOR_READERS if status in (404, 410) else NOT_KEPT)
