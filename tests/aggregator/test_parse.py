"""What a feed says must come out as it was said, and whatever is no feed must say what it is."""

import html
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dialects import any_xml, plain_xml, xml_text
from aggregator.dialects.draft import finished, person
from aggregator.errors import NotUnderstood
from aggregator.item import Media, ParsedFeed, RawItem
from aggregator.parse import parse_feed

URL = "https://blog.example/feed/"
HOME = "blog.example"


def parsed(text: str | bytes, content_type: str = "application/rss+xml") -> ParsedFeed:
    return parse_feed(text if isinstance(text, bytes) else text.encode(), content_type, URL, HOME)


def rss(item: str, channel: str = "", attributes: str = "") -> str:
    start = f'<rss version="2.0"{attributes}><channel><title>Blog</title>{channel}'
    return f"{start}<item><title>One</title>{item}</item></channel></rss>"


def atom(entry: str, feed: str = "") -> str:
    start = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title>{feed}'
    return f"{start}<entry><id>tag:blog.example,2026:1</id>{entry}</entry></feed>"


def only(feed: ParsedFeed) -> RawItem:
    (item,) = feed.items
    return item


# What is no feed


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (
            b"<html><title>Shop &amp; more</title><p>Hi</p></html>",
            "HTML page (“Shop & more”), and no feed",
        ),
        (
            b"<!doctype html><title>Just a moment...</title>",
            "HTML page (“Just a moment...”), probably one that asks whether we are human",
        ),
        (b'{"error": "rate_limited"}', "JSON with an error and no feed: rate_limited"),
        (b"[1, 2]", "it has no list of items"),
        (b'{"items": ', "begins like JSON, but is none"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "binary data"),
        (b"Not today.", "is text, and no feed: Not today."),
        (b"<rss/>", "without a title or an entry"),
        (b"<!DOCTYPE rss [<!ENTITY x 'y'", "begins with a document type that never ends"),
    ],
)
def test_what_is_no_feed_is_refused_with_what_it_looks_like(body: bytes, sentence: str) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        parsed(body + b"<rss></rss>" if b"never ends" in sentence.encode() else body)
    assert sentence in refusal.value.detail


# Encodings


def encoded(title: str, encoding: str, declared: str = "") -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{declaration}<rss version='2.0'><channel><title>{title}</title></channel></rss>".encode(
        encoding
    )


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        (encoded("Książka", "iso-8859-2", "iso-8859-2"), "text/xml", "Książka"),
        (encoded("Książka", "iso-8859-2", "utf-8"), "text/xml; charset=iso-8859-2", "Książka"),
        (encoded("Café", "utf-8-sig", "iso-8859-1"), "text/xml; charset=iso-8859-1", "Café"),
        (encoded("Café", "utf-8"), "text/xml", "Café"),
        (encoded("Café", "cp1252"), "", "Café"),
        (encoded("Café", "utf-16", "utf-16"), "application/xml", "Café"),
        (encoded("Café", "utf-16-le", "utf-16"), "application/xml", "Café"),
        (encoded("‘Café’", "cp1252", "iso-8859-1"), "application/xml", "‘Café’"),
        (encoded("Café", "utf-8", "x-nobody-knows"), "text/xml; charset=unicode_escape", "Café"),
        (encoded("Café", "utf-8").replace(b"</title>", b" \xc3</title>"), "", "Café \ufffd"),
    ],
    ids=range(10),
)
def test_letters_come_out_as_they_were_written(body: bytes, content_type: str, title: str) -> None:
    assert parsed(body, content_type).title == title


# Document types


def test_a_harmless_entity_is_written_out() -> None:
    feed = parsed(
        '<!DOCTYPE rss [<!ENTITY lib "Library">]>' + rss("<description>&lib; &amp; more</description>")
    )
    assert only(feed).html == "Library & more"


def test_a_document_type_from_elsewhere_is_ignored() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://dtd.invalid/rss-0.91.dtd">'
    assert only(parsed(doctype + rss("<description>Caf&eacute;</description>"))).html == "Café"


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY x SYSTEM "file:///etc/hostname">',
        '<!ENTITY x PUBLIC "-//X" "http://127.0.0.1/">',
        '<!ENTITY % x "y"> %x;',
        '<!ENTITY a "b"><!ENTITY c "&a;&a;">',
        f'<!ENTITY a "{"A" * 1001}">',
        '<!ATTLIST rss a CDATA "b">',
        "".join(f'<!ENTITY e{number} "x">' for number in range(301)),
        f"<!ENTITY a '{'A' * 1000}'><!-- {'-' * 50_000} -->",
    ],
    ids=range(8),
)
def test_a_document_type_that_reaches_out_or_grows_is_refused(subset: str) -> None:
    with pytest.raises(NotUnderstood, match=r"entities|longer"):
        parsed(f"<!DOCTYPE rss [{subset}]>" + rss(f"<description>{'&a;' * 1001}</description>"))


def test_a_document_type_that_is_only_talked_about_is_text() -> None:
    words = "Write <!DOCTYPE x [<!ENTITY % y SYSTEM 'z'>]> first."
    assert only(parsed(rss(f"<description><![CDATA[{words}]]></description>"))).html == words


# Broken markup


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ("<description>Tea & code</description>", "Tea & code"),
        ("<description>Ca&eacute;tea&nbsp;&unknown;</description>", "Caétea\xa0&unknown;"),
        ("<description>a&#xD800;b&#0;c&#x1F600;</description>", "abc😀"),
        ("<description>a&#99999999999;b</description>", "a&#99999999999;b"),
        ("<description><![CDATA[a & b &nbsp; ]]> & c</description>", "a & b &nbsp;  & c"),
        ("<description>\x01a\x0bb\x00</description>", "ab"),
    ],
)
def test_common_flaws_are_mended(item: str, found: str) -> None:
    assert only(parsed(rss(item))).html == found


def test_what_stands_before_a_truncation_is_kept() -> None:
    text = rss("<link>https://blog.example/1</link>")
    feed = parsed(text.replace("</channel></rss>", "<item><title>Two</title><link>https://bl"))
    assert [item.title for item in feed.items] == ["One", "Two"]


@pytest.mark.parametrize("text", ["<a>" * 300, "<b>" * 20_000 + "</b>" * 20_000])
def test_a_feed_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood, match="nests its elements"):
        parsed(rss(f"<description>{text}</description>"))


def test_at_most_five_hundred_entries_are_taken_and_the_rest_is_counted() -> None:
    items = "".join(f"<item><title>{number}</title></item>" for number in range(720))
    plain = f"<rss version='2.0'><channel><title>Blog</title>{items}</channel></rss>"
    for text in (plain, plain.replace("'2.0'", "'0.92'"), plain.replace("Blog", "Tea & code")):
        feed = parsed(text)
        assert len(feed.items) == 500
        assert feed.skipped == (("too-many-entries", "220 more than 500"),)


def test_long_fields_are_bounded() -> None:
    text = json.dumps(
        {
            "title": "t" * 10**6,
            "items": [{"id": "i" * 10**5, "title": "t" * 10**6, "content_html": "h" * 10**6}],
        }
    )
    item = only(parsed(text))
    assert (len(item.title), len(item.html)) == (10_000, 400_000)
    assert item.identities[0].startswith("guid:blog.example:sha256-")


# What is taken


def test_precision_of_a_date_survives() -> None:
    namespace = ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    assert only(parsed(rss("<dc:date>2026-03</dc:date>", attributes=namespace))).published == "2026-03"


def test_the_newest_date_is_known_in_utc() -> None:
    older = "<item><pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>"
    feed = parsed(rss("<pubDate>05 Mar 2026 23:00:00 -0400</pubDate>", channel=older))
    assert feed.newest == datetime(2026, 3, 6, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Mara Quill", "Mara Quill"),
        ("desk@blog.library (Joao Silva)", "Joao Silva"),
        ("Bo Chen <bo@blog.example>", "Bo Chen"),
        ("bo@blog.example", ""),
        ("bo@blog.example (bo@blog.example)", ""),
    ],
)
def test_a_name_is_kept_and_a_mail_address_never(written: str, name: str) -> None:
    assert person(written) == name
    assert only(parsed(rss(f"<author>{html.escape(written)}</author>"))).author.name == name


def test_a_title_is_markup_only_when_it_looks_like_it() -> None:
    titles = (
        "AT&amp;T &lt; &lt;img src=x onerror=alert(1)&gt;",
        "&lt;b&gt;New&lt;/b&gt;",
        "Tea &amp;amp; code",
    )
    feeds = [parsed(rss("").replace("<title>One", f"<title>{title}")) for title in titles]
    assert [only(feed).title_is_html for feed in feeds] == [False, True, True]


def test_the_first_link_to_the_page_itself_counts_not_one_to_its_files() -> None:
    links = (
        '<link rel="self" href="/1.atom"/><link rel="alternate" href="/1"/>'
        '<link rel="alternate" type="application/pdf" href="/1.pdf"/>'
        '<link rel="enclosure" type="audio/mpeg" href="/1.mp3"/>'
    )
    item = only(parsed(atom(links)))
    assert item.url == "https://blog.example/1"
    assert item.media == (Media(url="https://blog.example/1.mp3", type="audio", mime="audio/mpeg"),)


def test_content_that_lies_elsewhere_is_not_fetched_and_not_missed() -> None:
    item = only(
        parsed(
            atom('<summary>In short</summary><content src="http://169.254.169.254/" type="text/html"/>')
        )
    )
    assert (item.text, item.full) == ("In short", False)


def test_an_id_without_a_link_is_no_link_in_atom() -> None:
    assert only(parsed(atom("<title>One</title>"))).url == ""


def test_a_guid_is_the_link_when_it_says_so() -> None:
    for attribute, link in (("", "https://blog.example/1"), (' isPermaLink="false"', "")):
        item = only(parsed(rss(f"<guid{attribute}>https://blog.example/1</guid>")))
        assert (item.url, item.identities) == (link, ("guid:blog.example:https://blog.example/1",))


# The fast way and the thorough way


def both(text: str) -> tuple[ParsedFeed | None, ParsedFeed | None]:
    bare = xml_text.without_doctype(xml_text.decoded(text.encode(), ""))
    drafts = plain_xml.read(bare, URL), any_xml.read_well_formed(bare, URL)
    plain, thorough = (draft and finished(draft, URL, HOME) for draft in drafts)
    return plain, thorough


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20
) | st.sampled_from(
    (
        "<p>Tea &amp; <b>code</b></p>",
        "a & b",
        "&#8217;",
        "CafÃ©",
        "\x93x\x94",
        "  spaced  out ",
        "x@y.example (Z)",
    )
)
LINKS = WORDS | st.sampled_from(
    (
        "https://blog.example/1?a=1&b=2",
        "/1",
        "?p=1",
        "//other.example/1",
        "javascript:alert(1)",
        "http://[",
        " /x ",
    )
)
DATES = st.sampled_from(
    ("Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00+02:00", "2026-03", "soon", "")
)


def element(name: str, words: st.SearchStrategy[str], attributes: str = "") -> st.SearchStrategy[str]:
    def written(value: str, as_cdata: bool) -> str:
        inside = f"<![CDATA[{value}]]>" if as_cdata and "]]>" not in value else html.escape(value)
        return f"<{name}{attributes}>{inside}</{name}>"

    return st.builds(written, words, st.booleans())


def linked(name: str, attributes: str) -> st.SearchStrategy[str]:
    return LINKS.map(lambda link: f"<{name} {attributes.format(html.escape(link))}/>")


RSS_PARTS = st.one_of(
    element("title", WORDS),
    element("link", LINKS),
    element("guid", LINKS),
    element("guid", LINKS, ' isPermaLink="false"'),
    element("description", WORDS),
    element("content:encoded", WORDS),
    element("pubDate", DATES),
    element("dc:creator", WORDS),
    element("author", WORDS),
    element("category", WORDS),
    element("category", WORDS, ' domain="tags"'),
    element("comments", LINKS),
    element("slash:comments", st.sampled_from(("3", "-1", "many", ""))),
    linked("enclosure", 'url="{}" type="image/PNG"'),
    linked("media:content", 'url="{}" medium="image" width="8"'),
    linked("media:thumbnail", 'url="{}"'),
)
ATOM_PARTS = st.one_of(
    element("title", WORDS),
    element("title", WORDS, ' type="html"'),
    element("id", LINKS),
    element("summary", WORDS),
    element("summary", WORDS, ' type="html"'),
    element("content", WORDS, ' type="html"'),
    element("content", WORDS, ' type="text"'),
    element("published", DATES),
    element("updated", DATES),
    linked("link", 'href="{}"'),
    linked("link", 'rel="Alternate" type="TEXT/HTML" href="{}"'),
    linked("link", 'rel="enclosure" type="audio/mpeg" href="{}"'),
    linked("link", 'rel="replies" thr:count="4" href="{}"'),
    linked("category", 'term="{}" label="Label"'),
    st.builds("<author>{}{}</author>".format, element("name", WORDS), element("uri", LINKS)),
    element("rights", WORDS),
)
RSS_SPACES = (
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom"'
)


@given(st.lists(st.lists(RSS_PARTS, max_size=6).map("".join), max_size=3))
def test_plain_rss_is_read_the_same_fast_and_thoroughly(items: list[str]) -> None:
    body = "".join(f"<item>{item}</item>" for item in items)
    channel = (
        "<title>Blog</title><link>/</link><language>en</language><generator>WordPress</generator>"
        '<atom:link rel="next" href="?page=2"/><image><url>/i.png</url><title>Other</title></image>'
    )
    plain, thorough = both(f'<rss version="2.0"{RSS_SPACES}><channel>{channel}{body}</channel></rss>')
    assert plain in (None, thorough)


@given(st.lists(st.lists(ATOM_PARTS, max_size=6).map("".join), max_size=3))
def test_plain_atom_is_read_the_same_fast_and_thoroughly(entries: list[str]) -> None:
    body = "".join(f'<entry xml:lang="fr">{entry}</entry>' for entry in entries)
    start = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"'
    )
    head = "<title>Blog</title><author><name>Ana</name></author>" + '<link rel="next" href="?page=2"/>'
    plain, thorough = both(f'{start} xml:lang="en_US">{head}{body}</feed>')
    assert plain in (None, thorough)


def test_what_blogs_usually_write_is_read_the_fast_way() -> None:
    item = (
        "<link>https://blog.example/1</link><guid>1</guid><description>a</description><pubDate>b</pubDate>"
        "<content:encoded><![CDATA[<p>c</p>]]></content:encoded><dc:creator>d</dc:creator><category>e</category>"
    )
    entry = '<title>a</title><link href="/1"/><updated>b</updated><content type="html">c</content>'
    assert both(rss(item, attributes=RSS_SPACES))[0] is not None
    assert both(atom(entry))[0] is not None
