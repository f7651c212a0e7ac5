"""Which addresses may be asked: judged as text, as a number, and again as the socket connects.

Pure: no name is looked up here and no socket opened. `fetch.py` brings every address of a redirect,
every answer of the resolver and every socket before this module.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urljoin

import idna

from aggregator.errors import AddressRefused, TooManyRedirects
from aggregator.settings import HostPace, NetworkSettings

LONGEST = 8_000  # characters; RFC 9110, section 4.1 asks for at least this much
_REWRITTEN = {"feed": "https", "webcal": "https"}  # names of readers, not of protocols
_DEFAULT_PORT = {"http": 80, "https": 443}

# What parsers disagree about: some drop it, some take a backslash for a slash, some stop there.
_CONFUSING = re.compile(r"[\x00-\x20\x7f-\x9f\\\s\ud800-\udfff]")
_SHAPE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.IGNORECASE
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE)
_LONGEST_NAME = 253
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_ODD_SIGNS = "a space, a backslash or a control sign, which no address has"
_KEPT_IN_TARGET = "/?%:@!$&'()*+,;=~[]"

# On top of `is_global`, which calls several of these global (224.0.0.1, 192.88.99.1, and in IPv6
# whatever carries an IPv4 number). Source: IANA special-purpose address registries.
_NEVER_V4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # public by its number, yet every Azure machine reaches its own host there
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# All public IPv6 lies in 2000::/3 (RFC 4291, section 2.4 and IANA's allocations): the rest, with
# compatible ::/96 and the translated ::ffff:0:0:0/96, needs no list.
_GLOBAL_V6 = IPv6Network("2000::/3")
_NEVER_V6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarking, ORCHID: no web server of the public lives there
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 number and was retired by RFC 7526
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")

Number = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Address:
    """A web address that passed, taken apart once, so that no second parser can read it otherwise.

    Attributes:
        scheme: `http` or `https`.
        host: a lower-case ASCII name without final dot, an IPv4 number, or an IPv6 number in brackets.
        target: path and query, percent-encoded, beginning with `/`.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def key(self) -> tuple[str, str, int]:
        """Give what politeness counts as one host: scheme, name and port."""
        return self.scheme, self.host, self.port

    @property
    def origin(self) -> str:
        port = "" if self.port == _DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def url(self) -> str:
        return self.origin + self.target

    @property
    def shown(self) -> str:
        """Give the address for logs and screens: a query may hold a key and stays out."""
        return self.origin + self.target.partition("?")[0]


class Guard:
    """What this installation may ask: everything public, and what its settings add."""

    def __init__(self, network: NetworkSettings) -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = network.allow_addresses
        self._ports = frozenset((*_DEFAULT_PORT.values(), *network.allow_ports))
        self._hosts: Mapping[str, HostPace] = {
            _as_key(name): pace for name, pace in network.hosts.items()
        }

    def judge(self, url: str) -> Address:
        """Take a web address apart, if it may be asked.

        Args:
            url: as somebody or a server wrote it; `feed:` and `webcal:` become https.

        Raises:
            AddressRefused: another scheme or port, a user in it, a private number, a number that is
                not written plainly, or signs that parsers read differently.

        Source: RFC 3986, section 3; the WHATWG URL standard on hosts that end in a number.
        """
        if len(url) > LONGEST or _CONFUSING.search(url):
            raise AddressRefused(
                "too long, or with signs that have no place there", url=without_secrets(url)
            )
        parts = _SHAPE.fullmatch(_rewritten(url))
        if parts is None or (scheme := parts["scheme"].lower()) not in _DEFAULT_PORT:
            raise AddressRefused("only http and https are asked", url=without_secrets(url))
        host, port = self._host_and_port(parts["authority"], url)
        target = quote(parts["target"], safe=_KEPT_IN_TARGET)
        address = Address(
            scheme,
            host,
            port or _DEFAULT_PORT[scheme],
            target if target.startswith("/") else f"/{target}",
        )
        self._judge_port(address)
        if (number := _number_in(host)) is not None:
            self._judge_number(number, address.shown)
        return address

    def judge_redirect(self, address: Address, location: str) -> Address:
        """Take apart where a server sends us, judged like any other address.

        Raises:
            AddressRefused: it must not be asked, or the way leads from https to http.
            TooManyRedirects: it is no address at all.

        Source: RFC 9110, section 10.2.2.
        """
        if _CONFUSING.search(location):  # before urljoin, which drops some of them silently
            raise AddressRefused(
                f"redirected to {without_secrets(location)}: {_ODD_SIGNS}",
                url=address.shown,
            )
        try:
            joined = urljoin(address.url, location)
        except ValueError as error:
            raise TooManyRedirects(
                "redirected to something that is no address", url=address.shown
            ) from error
        to = self.judge(joined)
        if address.scheme == "https" and to.scheme == "http":
            raise AddressRefused(f"redirected from https to {to.shown}", url=address.shown)
        return to

    def judge_number(self, number: str) -> None:
        """Let an IP number of a resolver or a socket pass.

        Raises:
            AddressRefused: it is not public, and the settings do not allow it.
        """
        try:
            self._judge_number(ip_address(number), "")
        except ValueError as error:
            raise AddressRefused(f"{number!r} is no address") from error

    def pace(self, address: Address) -> HostPace:
        """Give how hard a host may be asked: as the settings say, or one at a time, a second apart."""
        return self._listed(address) or _POLITE

    def may_send_secret(self, address: Address) -> bool:
        """Say whether a token may go there: over https, to this machine, or to a server of your own."""
        return address.scheme == "https" or self._listed(address) is not None or self._is_near(address)

    def _is_near(self, address: Address) -> bool:
        if (number := _number_in(address.host)) is None:
            # RFC 6761, section 6.3: no name under localhost leaves the machine.
            return address.host == "localhost" or address.host.endswith(".localhost")
        inner = _carried(number)
        return inner.is_loopback or any(inner in network for network in self._networks)

    def _listed(self, address: Address) -> HostPace | None:
        return self._hosts.get(f"{address.host}:{address.port}") or self._hosts.get(address.host)

    def _host_and_port(self, authority: str, url: str) -> tuple[str, int]:
        if "@" in authority or "%" in authority:
            raise AddressRefused("a user or a % in the host", url=without_secrets(url))
        try:
            return _split(authority)
        except ValueError as error:
            raise AddressRefused("no host that can be asked", url=without_secrets(url)) from error

    def _judge_port(self, address: Address) -> None:
        if address.port not in self._ports and self._listed(address) is None:
            raise AddressRefused(
                f"port {address.port} is asked only when network.allow_ports or network.hosts lists it",
                url=address.shown,
            )

    def _judge_number(self, number: Number, shown: str) -> None:
        inner = _carried(number)
        if not is_public(inner) and not any(inner in network for network in self._networks):
            raise AddressRefused(f"{number} is not a public address", url=shown)


_POLITE = HostPace(at_once=1)


def is_public(number: Number) -> bool:
    """Say whether a number belongs to a machine of the public internet.

    Source: IANA IPv4 and IPv6 special-purpose address registries; RFC 6052 for NAT64.
    """
    number = _carried(number)
    if isinstance(number, IPv4Address):
        return number.is_global and not any(number in network for network in _NEVER_V4)
    return (
        number.is_global and number in _GLOBAL_V6 and not any(number in network for network in _NEVER_V6)
    )


def without_secrets(url: str) -> str:
    """Give an address that did not pass in a form fit for a log: no user, no query, nothing unprintable.

    Everything between // and the last @ goes: what a broken address means by it, nobody can say.
    """
    bare = re.split(r"[?#]", re.sub(r"//.*@", "//", url, flags=re.DOTALL), maxsplit=1)[0]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in bare[:300])


def _rewritten(url: str) -> str:
    scheme, colon, rest = url.partition(":")
    if (to := _REWRITTEN.get(scheme.lower())) is None:
        return url
    return to + colon + rest if rest.startswith("//") else rest  # feed:https://blog.example/


def _split(authority: str) -> tuple[str, int]:
    """Give host and port, 0 when none is written; ValueError when there is no such host."""
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise ValueError(authority)
    port = int(parts["port"] or 0)
    if port > 65_535 or (parts["port"] and port == 0):
        raise ValueError(authority)
    if parts["host"].startswith("["):
        return f"[{IPv6Address(parts['host'][1:-1])}]", port
    return _name(parts["host"]), port


def _name(written: str) -> str:
    name = (written if written.isascii() else _to_ascii(written)).lower().removesuffix(".")
    if not _NAME.fullmatch(name):
        raise ValueError(written)
    if _ENDS_IN_NUMBER.fullmatch(name):
        # getaddrinfo takes 0x7f.1, 2130706433 and 017700000001 for numbers; nobody honest writes them.
        return str(IPv4Address(name))
    return name


def _to_ascii(written: str) -> str:
    """Give the name as the resolver will see it: ① is 1, 。 is a dot, bücher is xn--bcher-kva.

    Source: UTS 46; RFC 5891. Names with an emoji are outside RFC 5891 and exist: RFC 3490 has them.
    """
    if len(written) > _LONGEST_NAME:  # folding and encoding cost more than the length
        raise ValueError(written)
    mapped = idna.uts46_remap(written, std3_rules=False)
    if mapped.isascii():
        return mapped
    try:
        return idna.encode(mapped).decode("ascii")
    except idna.IDNAError:
        return mapped.encode("idna").decode("ascii")


def _number_in(host: str) -> Number | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _carried(number: Number) -> Number:
    """Give the IPv4 number that a connection to this IPv6 number really reaches, if it carries one.

    Only where a machine may honestly be given one: mapped by its own system, or behind NAT64.
    """
    if isinstance(number, IPv4Address):
        return number
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    return IPv4Address(int(number) & 0xFFFF_FFFF) if number in _NAT64 else number


def _as_key(written: str) -> str:
    """Give NAME or NAME:PORT of the settings as `Guard` looks it up; ::1 may stand without brackets."""
    number = _number_in(written)
    host, port = _split(f"[{number}]" if isinstance(number, IPv6Address) else written)
    return f"{host}:{port}" if port else host
