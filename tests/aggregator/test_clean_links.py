"""Web addresses: one spelling, nothing hidden, nothing that follows readers around."""

import pytest

from aggregator.links import (
    absolute,
    canonical_link,
    host_of,
    identity_of_link,
    is_home_page,
    place_in_page,
    reference,
)

BASE = "https://blog.example/a/b/?page=2"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("c", "https://blog.example/a/b/c"),
        ("/c", "https://blog.example/c"),
        ("../c", "https://blog.example/a/c"),
        ("?x=1", "https://blog.example/a/b/?x=1"),
        ("#part", "https://blog.example/a/b/?page=2#part"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("\\\\cdn.example\\x?a\\b", "https://cdn.example/x?a%5Cb"),
        (
            " https://News.Example.:443/ä b?q=é&x=1%2f2 ",
            "https://news.example/%C3%A4%20b?q=%C3%A9&x=1%2F2",
        ),
        ("https://news.example:8443", "https://news.example:8443/"),
        ("ht\ntps://news.exam\tple/", "https://news.example/"),
        ('https://news.example/"><b>', "https://news.example/%22%3E%3Cb%3E"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://ｎｅｗｓ。example/", "https://news.example/"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]/x"),
        (
            "https://a.example/x?next=https://b.example/@c",
            "https://a.example/x?next=https://b.example/@c",
        ),
    ],
)
def test_an_address_is_what_a_browser_would_open(url: str, meant: str) -> None:
    assert absolute(url, BASE) == meant
    assert absolute(meant) == meant


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://user@evil.example/",
        "https://good.example@evil.example/",
        "https://good.example%40evil.example/",
        "https://a b.example/",
        "https://[::1/",
        "https://evil.example:99999/",
        "https://evil.example:x/",
        "https://a..example/",
        "https://" + "a" * 64 + ".example/",
        "https://a.example/" + "x" * 2_000,
    ],
)
def test_what_leads_nowhere_or_hides_where_is_no_address(url: str) -> None:
    assert absolute(url, BASE) == ""


def test_without_a_base_only_whole_addresses_count() -> None:
    assert absolute("/c") == absolute("c") == absolute("//a.example/") == ""


def test_tracking_and_fragments_leave_a_canonical_link_and_the_rest_stays() -> None:
    url = "https://blog.example/p/?utm_source=x&id=7&UTM_Medium=y&fbclid=z&ref_src=t&b=&utmost=1#frag"
    assert canonical_link(url) == "https://blog.example/p/?id=7&b=&utmost=1"
    assert canonical_link("https://blog.example/p/?gclid=1") == "https://blog.example/p/"


def test_scheme_and_trailing_slash_do_not_make_another_link() -> None:
    same = {
        identity_of_link(url)
        for url in (
            "http://blog.example/p/",
            "https://BLOG.example:443/p?utm_source=x",
            "https://blog.example/p#top",
        )
    }
    assert same == {"blog.example/p"}


def test_the_query_does() -> None:
    assert identity_of_link("https://blog.example/?p=1") != identity_of_link("https://blog.example/?p=2")


def test_a_host_has_its_port_unless_that_is_the_default() -> None:
    assert host_of("http://Blog.example:8080/x") == "blog.example:8080"
    assert host_of("http://blog.example:80/x") == "blog.example"
    assert host_of("mailto:x@y.example") == ""


def test_only_a_bare_host_is_a_home_page() -> None:
    assert is_home_page("https://blog.example/")
    assert not is_home_page("https://blog.example/?p=3")
    assert not is_home_page("https://blog.example/a/")


@pytest.mark.parametrize(
    ("fragment", "place"),
    [
        ("comment-7", "comment-7"),
        ("2024-01", "2024-01"),
        ("!/post/3", "!/post/3"),
        ("respond", ""),
        ("more-12", ""),
        (":~:text=x", ""),
        ("xtor=RSS-1", ""),
        ("", ""),
    ],
)
def test_a_fragment_is_kept_when_it_names_something(fragment: str, place: str) -> None:
    assert place_in_page(f"https://blog.example/a#{fragment}") == place


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("MailTo:ana@blog.example?subject=Hi%20you", "mailto:ana@blog.example?subject=Hi%20you"),
        ("mailto:ana@blog.example' onclick=x", "mailto:ana@blog.example"),
        ("mailto:", ""),
        ("mailto:a@b@c", ""),
        ("tel:+123", ""),
        ("c", "https://blog.example/a/b/c"),
    ],
)
def test_what_may_stand_in_a_link(url: str, href: str) -> None:
    assert reference(url, BASE) == href
