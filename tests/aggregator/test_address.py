from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.address import Guard, is_public, without_secrets
from aggregator.errors import AddressRefused, FetchError, TooManyRedirects
from aggregator.settings import NetworkSettings

GUARD = Guard(NetworkSettings())


def settings(**parts: object) -> NetworkSettings:
    return NetworkSettings.model_validate(parts)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://blog.example", "http://blog.example/"),
        ("HTTPS://Blog.Example:443/Feed?a=1#part", "https://blog.example/Feed?a=1"),
        ("http://blog.example.:80/", "http://blog.example/"),
        ("http://blog.example:/?q", "http://blog.example/?q"),
        ("https://blog.example:80/", "https://blog.example:80/"),
        ("feed://blog.example/rss", "https://blog.example/rss"),
        ("feed:https://blog.example/rss", "https://blog.example/rss"),
        ("WEBCAL://blog.example/c.ics", "https://blog.example/c.ics"),
        ("https://bücher.example/ሰላም?q=é", "https://xn--bcher-kva.example/%E1%88%B0%E1%88%8B%E1%88%9D?q=%C3%A9"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://i❤.example/", "https://xn--i-7iq.example/"),
        ("https://a_b.-c-.example/", "https://a_b.-c-.example/"),
        ("http://８.８.８.８/", "http://8.8.8.8/"),
        ("http://[2606:2800:0220:0001::1946]/", "http://[2606:2800:220:1::1946]/"),
        ("https://blog.example/%2F/100%/a+b?c=%20", "https://blog.example/%2F/100%/a+b?c=%20"),
    ],
)  # fmt: skip
def test_address_is_written_in_one_way(written: str, read: str) -> None:
    assert GUARD.judge(written).url == read
    assert GUARD.judge(read).url == read


@pytest.mark.parametrize(
    "url",
    [
        "",
        "blog.example/feed",
        "//blog.example/feed",
        "file:///etc/passwd",
        "gopher://blog.example/",
        "feed:file:///etc/passwd",
        "http:///feed",
        "http://./",
        "http://a..example/",
        "http://user@blog.example/",
        "http://blog.example%2e/",
        "http://blog.example\\@127.0.0.1/",
        "http://blog.example/ x",
        "http://blog.example/\r\nX: y",
        " http://blog.example/",
        "http://blog.example\u2028/",
        "http://blog.example\ud800/",
        "http://blog.example:0/",
        "http://blog.example:65536/",
        "http://blog.example:８０/",
        "http://blog.example:8080/",
        "http://[::1/",
        "http://[v1.x]/",
        "http://1.2.3/",
        "http://134744072/",
        "http://0x8.0x8.0x8.0x8/",
        "http://8.8.8.08/",
        "http://8.8.8.8.8/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "é" * 300 + ".example/",
        "http://blog.example/" + "x" * 8_000,
    ],
)
def test_odd_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        GUARD.judge(url)


PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.254",
    "198.18.0.1",
    "198.19.255.254",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:808:808::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "11.0.0.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.1.1",
    "192.169.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.254",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_private_number_is_refused(number: str) -> None:
    assert not is_public(ip_address(number))
    with pytest.raises(AddressRefused):
        GUARD.judge_number(number)
    with pytest.raises(AddressRefused):
        GUARD.judge(f"http://[{number}]/" if ":" in number else f"http://{number}/")


@pytest.mark.parametrize("number", PUBLIC)
def test_public_number_passes(number: str) -> None:
    assert is_public(ip_address(number))
    GUARD.judge_number(number)


@pytest.mark.parametrize("number", ["fe80::1%eth0", "1.2.3", "", "localhost"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(AddressRefused):
        GUARD.judge_number(number)


def test_settings_open_an_address_but_not_its_neighbour() -> None:
    guard = Guard(settings(allow_addresses=["127.0.0.1", "10.1.0.0/16", "fd00::/64"]))
    for number in ("127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "fd00::5"):
        guard.judge_number(number)
    for number in ("127.0.0.2", "10.2.0.1", "fd00:1::1"):
        with pytest.raises(AddressRefused):
            guard.judge_number(number)


@pytest.mark.parametrize(
    ("hosts", "url", "passes"),
    [
        ([], "http://blog.example:8080/", False),
        (["blog.example"], "http://blog.example:8080/", True),
        (["blog.example"], "http://other.example:8080/", False),
        (["blog.example:8080"], "http://BLOG.example:8080/", True),
        (["blog.example:8080"], "http://blog.example:8081/", False),
        (["Blog.Example:8080"], "http://blog.example:8080/", True),
        (["bücher.example"], "http://xn--bcher-kva.example:8080/", True),
        (["127.0.0.1:8601"], "http://127.0.0.1:8601/", True),
        (["[::1]:8601"], "http://[::1]:8601/", True),
        (["::1"], "http://[::1]:8601/", True),
    ],
)
def test_listed_host_may_be_asked_on_its_ports(hosts: Sequence[str], url: str, passes: bool) -> None:
    guard = Guard(settings(allow_addresses=["127.0.0.1", "::1"], hosts={name: {} for name in hosts}))
    try:
        guard.judge(url)
    except AddressRefused:
        assert not passes
    else:
        assert passes


def test_listed_host_does_not_open_its_private_address() -> None:
    guard = Guard(settings(hosts={"127.0.0.1": {}}))
    with pytest.raises(AddressRefused):
        guard.judge("http://127.0.0.1/")


def test_listed_port_is_open_for_every_host() -> None:
    guard = Guard(settings(allow_ports=[8080]))
    assert guard.judge("http://blog.example:8080/").port == 8080


def test_pace_is_the_hosts_own_or_polite() -> None:
    guard = Guard(settings(hosts={"own.example": {"at_once": 8, "pause": "0s"}}))
    assert guard.pace(guard.judge("https://own.example/")).at_once == 8
    other = guard.pace(guard.judge("https://other.example/"))
    assert (other.at_once, other.pause.total_seconds()) == (1, 1.0)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b?c#d", "https://blog.example/b?c"),
        ("b", "https://blog.example/a/b"),
        ("?page=2", "https://blog.example/a/feed?page=2"),
        ("//other.example/", "https://other.example/"),
        ("https://other.example:443", "https://other.example/"),
    ],
)
def test_redirect_is_read_from_where_it_stands(location: str, leads_to: str) -> None:
    start = GUARD.judge("https://blog.example/a/feed?key=1")
    assert GUARD.judge_redirect(start, location).url == leads_to


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://blog.example/", AddressRefused),
        ("http://127.0.0.1/", AddressRefused),
        ("//169.254.169.254/", AddressRefused),
        ("/\\127.0.0.1/", AddressRefused),
        ("\thttps://blog.example/", AddressRefused),
        ("https://u:p@blog.example/", AddressRefused),
        ("javascript:alert(1)", AddressRefused),
        ("data:text/xml,<rss/>", AddressRefused),
        ("https://[::1", TooManyRedirects),
    ],
)
def test_redirect_to_a_forbidden_place_is_refused(location: str, expected: type[FetchError]) -> None:
    start = GUARD.judge("https://blog.example/a/feed?key=secret")
    with pytest.raises(expected) as caught:
        GUARD.judge_redirect(start, location)
    assert "secret" not in str(caught.value)


def test_an_http_page_may_redirect_to_http() -> None:
    start = GUARD.judge("http://blog.example/")
    assert GUARD.judge_redirect(start, "http://other.example/").scheme == "http"


@pytest.mark.parametrize(
    "url",
    [
        "http://ana:hunter2@blog.example/feed",
        "http://ana:hunter2@blog.example\\/feed?token=hunter2",
        "http://ana:hunt/er2?hunter2@blog.example/#hunter2",
        "ftp://blog.example/feed?hunter2",
        "http://blog.example:8080/feed?hunter2",
    ],
)
def test_refusal_never_tells_a_password_or_a_query(url: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        GUARD.judge(url)
    assert "hunt" not in str(caught.value)
    assert "blog.example" in str(caught.value)


def test_refusal_is_fit_for_one_line_of_a_log() -> None:
    told = without_secrets("http://blog.example/\r\n\x1b[31mroot logged in\u202e" + "x" * 1_000)
    assert told.isprintable()
    assert len(told) <= 300


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{0,20}[:@\\/?#.][ -~]{0,20}", fullmatch=True))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = GUARD.judge(text)
    except AddressRefused:
        return
    assert GUARD.judge(address.url) == address
    assert address.url.isascii()
