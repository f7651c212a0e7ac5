"""Which network an address belongs to: limits count those, because a household has many addresses."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from werkzeug.datastructures import Headers


def address_in(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as servers and proxies write it; one of IPv4 inside IPv6 is one of IPv4."""
    try:
        found = ip_address(text.partition("%")[0].strip().strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network_of(text: str, *, v6: int = 64) -> str:
    """Give the /24 of IPv4, or the /64 (or another width) of IPv6; "" for what is no address."""
    found = address_in(text)
    if found is None:
        return ""
    return str(ip_network(f"{found}/{24 if found.version == 4 else v6}", strict=False))


def asking_network(peer: str, headers: Headers, public_url: str) -> str:
    """Give the network that a request comes from; "" when that is not known.

    We speak plain HTTP. When `public_url` says https, a proxy stands before us, and the last entry of
    X-Forwarded-For is the one that it wrote; all before it may be invented, and so may be the whole
    header when no proxy is there: whoever counts by this needs a second limit beside it.
    """
    if not public_url.startswith("https:"):
        return network_of(peer)
    return network_of(headers.get("X-Forwarded-For", "").rpartition(",")[2])
