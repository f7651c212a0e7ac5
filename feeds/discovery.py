"""How a site that is given an address of ours finds our oEmbed answer: a link in the page's head.

Source: https://oembed.com/ section 4.
"""

from urllib.parse import quote

OEMBED_AT = "/oembed"


def oembed_link(public_url: str, page: str) -> str:
    """Give where the oEmbed answer about a page of ours is; both absolute."""
    return f"{public_url}{OEMBED_AT}?url={quote(page, safe='')}"
