"""A raw item becomes a safe, bounded, comparable one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.clean import clean, tag
from aggregator.item import (
    Author,
    Engagement,
    Flag,
    Found,
    Item,
    Kind,
    Media,
    Precision,
    RawHtml,
    RawItem,
)

HOME = "blog.example"
NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
POST = RawItem(identities=("guid:blog.example:1",), url="https://blog.example/2026/story/")


def found(**facts: object) -> Found:
    return clean(replace(POST, **facts), home=HOME, now=NOW)  # type: ignore[arg-type]  # facts of many types


def item(**facts: object) -> Item:
    return found(**facts).item


def body(html: str) -> Item:
    return item(html=RawHtml(html))


def test_emphasis_lists_and_quotes_survive() -> None:
    html = (
        "<p>We <strong>did</strong> it</p><ul><li>one</li><li>two</li></ul><blockquote>So</blockquote>"
    )
    assert body(html).html == html


def test_script_style_and_forms_vanish_with_their_words() -> None:
    html = (
        "<p>Read</p><script>steal()</script><style>p{}</style><form>Password: <input></form><svg>x</svg>"
    )
    assert body(html).html == "<p>Read</p>"


def test_attributes_vanish() -> None:
    assert body('<p id="top" style="color:red" class="x" onclick="y()">Hi</p>').html == "<p>Hi</p>"


def test_first_and_second_headings_become_third() -> None:
    assert body("<h1>A</h1><h2>B</h2><h4>C</h4>").html == "<h3>A</h3><h3>B</h3><h4>C</h4>"


def test_a_link_becomes_absolute_and_carries_no_weight() -> None:
    cleaned = item(
        html=RawHtml('<p><a href="../about?x=1&amp;y=2#team">us</a></p>'),
        base="https://blog.example/a/b/",
    )
    href = "https://blog.example/a/about?x=1&amp;y=2#team"
    assert cleaned.html == f'<p><a href="{href}" rel="noopener nofollow ugc">us</a></p>'
    assert cleaned.links == ("https://blog.example/a/about?x=1&y=2",)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        "http://user@evil.example/",
        "ftp://a.example/",
        "https:///x y",
    ],
)
def test_a_link_that_cannot_be_followed_safely_leaves_its_words(address: str) -> None:
    assert body(f'<p>See <a href="{address}">this</a></p>').html == "<p>See this</p>"


def test_a_mail_address_is_a_link_but_not_one_of_the_links() -> None:
    cleaned = body('<a href="mailto:ana@blog.example">write</a>')
    assert 'href="mailto:ana@blog.example"' in cleaned.html
    assert cleaned.links == ()


def test_empty_paragraphs_and_heaps_of_line_breaks_go() -> None:
    html = "<p>&nbsp;</p><p>One<br><br><br><br>Two<br></p><div><p><b> </b></p></div><p>\u200b</p>"
    assert body(html).html == "<p>One<br><br>Two</p>"


def test_what_an_empty_block_parted_stays_apart() -> None:
    assert body("One<hr>Two<div></div>Three").html == "One<br>Two<br>Three"


def test_a_table_is_read_row_by_row() -> None:
    cleaned = body(
        "<table><tr><th>Day</th><th>Hour</th></tr><tr><td>Friday</td><td>3 pm</td></tr></table>"
    )
    assert cleaned.html == "<div>Day Hour</div><div>Friday 3 pm</div>"
    assert cleaned.text == "Day Hour\nFriday 3 pm"


def test_a_block_in_a_paragraph_does_not_come_apart_in_a_browser() -> None:
    assert body("<p>a<marquee><p>b</marquee></p>").html == "<p>a<br>b</p>"


def test_the_pointer_back_of_seo_plugins_goes_in_any_language() -> None:
    post = '<a href="https://blog.example/2026/story/?utm_source=rss">S</a>'
    end = f'<p>Der Beitrag {post} erschien auf <a href="https://blog.example">B</a>.</p>\n'
    assert body(f"<p>Read on.</p>\n{end}").html == "<p>Read on.</p>"


def test_a_last_paragraph_with_other_links_stays() -> None:
    html = '<p>See <a href="https://a.example/x">this</a> and <a href="https://b.example/">that</a>.</p>'
    assert body(html).text == "See this and that."


def test_paragraphs_of_text_are_apart_by_a_blank_line() -> None:
    html = "<h2>News</h2><p>One\n  line &amp; <em>more</em>.</p>\n<p>Two<br>lines</p>"
    assert (
        body(f"{html}<ul><li>a</li><li>b</li></ul>").text
        == "News\n\nOne line & more.\n\nTwo\nlines\n\na\nb"
    )


def test_lines_of_preformatted_text_stay_lines() -> None:
    cleaned = body("<pre>\n\nif x:\n    y\n\nz</pre>")
    assert cleaned.html == "<pre>if x:\n    y\n\nz</pre>"
    assert cleaned.text == "if x:\ny\n\nz"


def test_markup_that_was_escaped_stays_words() -> None:
    cleaned = body("<p>Use &lt;script&gt; with care, &amp;lt; too</p>")
    assert cleaned.text == "Use <script> with care, &lt; too"
    assert cleaned.html == "<p>Use &lt;script&gt; with care, &amp;lt; too</p>"


def test_plain_text_becomes_paragraphs_with_links() -> None:
    cleaned = item(text="Hello <all> & sundry\nsecond line\n\nSee https://a.example/x?y=1&z=2 (now).")
    assert cleaned.html == (
        "<p>Hello &lt;all&gt; &amp; sundry<br>second line</p><p>See "
        '<a href="https://a.example/x?y=1&amp;z=2" rel="noopener nofollow ugc">https://a.example/x?y=1&amp;z=2</a>'
        " (now).</p>"
    )
    assert cleaned.text == "Hello <all> & sundry\nsecond line\n\nSee https://a.example/x?y=1&z=2 (now)."
    assert cleaned.links == ("https://a.example/x?y=1&z=2",)


def test_pictures_of_the_body_become_media_and_leave_the_markup() -> None:
    cleaned = body(
        '<p>Look <img src="/a.jpg" alt="A shelf &amp; a cat" width="600" height="400">'
        '<img src="//cdn.example/b.jpg"><img src="c.jpg" alt=""></p>'
    )
    assert cleaned.html == "<p>Look</p>"
    assert cleaned.media == (
        Media("https://blog.example/a.jpg", "image", alt="A shelf & a cat", width=600, height=400),
        Media("https://cdn.example/b.jpg", "image", alt=None),
        Media("https://blog.example/2026/story/c.jpg", "image", alt=""),
    )


def test_a_picture_that_is_enclosed_and_shown_is_one_with_its_alt_text() -> None:
    cleaned = item(
        media=(
            Media("https://blog.example/a.jpg", "image"),
            Media("/talk.mp3", "audio", mime="Audio/MPEG"),
        ),
        html=RawHtml('<img src="/b.jpg" alt="B"><img src="/a.jpg" alt="A">'),
    )
    assert [(each.url, each.alt) for each in cleaned.media] == [
        ("https://blog.example/a.jpg", "A"),
        ("https://blog.example/talk.mp3", None),
        ("https://blog.example/b.jpg", "B"),
    ]
    assert cleaned.media[1].mime == "audio/mpeg"


def test_pixels_that_count_readers_are_no_pictures() -> None:
    assert (
        body('<img src="https://stats.example/p.gif" width="1" height="1"><img src="/x" height=0>').media
        == ()
    )


def test_an_emoji_that_came_as_a_picture_is_a_character_again() -> None:
    cleaned = body('<p>Yes <img class="wp-smiley" src="https://s.example/1.png" alt="🎉"></p>')
    assert (cleaned.text, cleaned.media) == ("Yes 🎉", ())


def test_a_picture_that_is_loaded_late_has_its_real_address() -> None:
    assert (
        body('<img src="/blank.gif" data-src="/real.jpg">').media[0].url
        == "https://blog.example/real.jpg"
    )


def test_a_title_is_one_line_without_tags_its_entities_decoded_once() -> None:
    cleaned = item(title="Tea &amp;amp; <em>books</em>\n at&nbsp;noon", title_is_html=True)
    assert cleaned.title == "Tea &amp; books at noon"


def test_a_plain_title_is_taken_at_its_word() -> None:
    assert item(title="The <canvas> element &amp; you").title == "The <canvas> element &amp; you"


def test_hashtags_join_the_given_tags() -> None:
    cleaned = item(
        title="On #Reading",
        text="We love #EngagedLibraries and ＃Ｃａｆé!",
        tags=("Story  Time", "#reading"),
    )
    assert cleaned.tags == ("café", "engagedlibraries", "reading", "story time")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#हिन्दी_पुस्तकालय", ("हिन्दी_पुस्तकालय",)),
        ("#کتاب\u200cخانه", ("کتاب\u200cخانه",)),
        ("#ቤተመጻሕፍት።", ("ቤተመጻሕፍት",)),
        ("図書館 #図書館、本", ("図書館",)),
        ("#Engaged\u200fLibraries", ("engagedlibraries",)),
        ("(#a1) #b-c", ("a1", "b")),
        ("#1 #2026 # #_ C# x#y https://a.example/#z &#39; /#w", ()),
    ],
)
def test_hashtags_are_found_in_every_script(text: str, tags: tuple[str, ...]) -> None:
    assert item(text=text).tags == tags


def test_tags_compare_across_widths_cases_and_marks() -> None:
    assert tag("＃ＳＴＲＡＳＳＥ") == tag("straße") == "strasse"
    assert tag("Cafe\u0301") == tag("CAFÉ")


@pytest.mark.parametrize(
    ("claim", "language"),
    [
        ("pt_BR", "pt-br"),
        ("EN", "en"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("English", ""),
        ("und", ""),
        ("x-default", ""),
    ],
)
def test_a_language_is_a_lower_case_tag_or_nothing(claim: str, language: str) -> None:
    assert item(language=claim).language == language


@pytest.mark.parametrize(
    ("language", "text", "direction"),
    [
        ("ar", "hello", "rtl"),
        ("ar-Latn", "marhaba", "ltr"),
        ("az-Arab", "x", "rtl"),
        ("arn", "mari mari", "ltr"),
        ("", "«١٢» مرحبا hello", "rtl"),
        ("", "123 שלום", "rtl"),
        ("", "hello مرحبا", "ltr"),
        ("", "", "ltr"),
    ],
)
def test_direction_follows_the_language_else_the_first_letter(
    language: str, text: str, direction: str
) -> None:
    assert item(language=language, text=text).direction == direction


def test_invisible_characters_that_mislead_are_gone_everywhere() -> None:
    bad = "a\x00b\x1b[31m\u202ec\u2066d\ud800\ufeff\uffff"
    cleaned = found(
        title=bad,
        html=RawHtml(f"<p>{bad}&#x202e;&#0;&#x85;</p>"),
        author=Author(name=bad, handle=bad, url=f"https://a.example/{bad}"),
        tags=(bad,),
        warning=bad,
        label=bad,
        identities=(bad,),
        media=(Media("https://a.example/x", "image", alt=bad),),
    )
    assert cleaned.item.title == "ab[31mcd"
    assert cleaned.item.text.startswith("ab[31mcd")
    assert "\u202e" not in repr(cleaned)
    assert "\x1b" not in f"{cleaned.item.html}{cleaned.item.author.name}{cleaned.identities}"
    repr(cleaned).encode()


def test_towers_of_combining_marks_are_cut_down() -> None:
    assert (
        item(title="Z" + "\u0335\u0489" * 40 + "algo").title
        == "Z" + "\u0335\u0489\u0335\u0489\u0335" + "algo"
    )


def test_marks_that_spell_words_stay() -> None:
    psalm = "בְּרֵאשִׁ֖ית บรรณารักษ์ที่ดี Tiếng Việt"
    assert item(title=psalm).title == psalm


def test_what_is_too_long_is_cut_and_flagged() -> None:
    cleaned = item(title="x" * 501, text="word " * 60_000)
    assert (len(cleaned.title), cleaned.title[-1]) == (500, "…")
    assert len(cleaned.text) <= 50_000
    assert len(cleaned.html) <= 100_000
    assert Flag.CUT in cleaned.flags


def test_markup_is_cut_without_breaking_it() -> None:
    cleaned = body("<div><b>" + "R&amp;D " * 20_000 + "</b></div>")
    assert cleaned.html.endswith("</b></div>")
    assert "&a</b>" not in cleaned.html
    assert len(cleaned.html) <= 100_000
    assert len(body("x<br>" * 50_000).html) <= 100_000
    assert len(body("<b>x</b><hr>" * 20_000).html) <= 100_000


def test_too_many_tags_links_and_media_are_cut_and_flagged() -> None:
    links = "".join(f'<a href="/{n}">{n}</a> ' for n in range(150))
    pictures = tuple(Media(f"https://a.example/{n}", "image") for n in range(150))
    cleaned = item(html=RawHtml(links), tags=tuple(f"t{n}" for n in range(150)), media=pictures)
    assert (len(cleaned.links), len(cleaned.tags), len(cleaned.media)) == (100, 50, 50)
    assert Flag.CUT in cleaned.flags


def test_a_protected_post_keeps_nothing_of_its_body() -> None:
    cleaned = item(
        title="Protected: Minutes",
        html=RawHtml(
            '<form action="/wp-login"><label>Password <a href="/x">?</a></label></form>the secret #plan'
        ),
        text="the secret",
        media=(Media("https://a.example/x.jpg", "image"),),
        flags=frozenset({Flag.PROTECTED}),
    )
    assert (cleaned.html, cleaned.text, cleaned.links, cleaned.media, cleaned.tags) == (
        "",
        "",
        (),
        (),
        (),
    )
    assert cleaned.title == "Protected: Minutes"


def test_the_item_s_own_address_is_canonical() -> None:
    address = "HTTPS://Blog.Example:443/2026/story/?utm_source=rss&a=1&fbclid=x#respond"
    assert item(url=address).url == "https://blog.example/2026/story/?a=1"


def test_a_link_to_the_source_s_own_host_is_an_identity() -> None:
    assert found(url="http://blog.example/a/?utm_medium=feed").identities == (
        "guid:blog.example:1",
        "link:blog.example/a",
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/article",
        "https://blog.example/",
        "https://blog.example:8080/a",
        "",
        "nonsense",
    ],
)
def test_a_link_elsewhere_or_to_the_front_page_is_none(url: str) -> None:
    assert found(url=url).identities == ("guid:blog.example:1",)


def test_a_link_that_several_entries_share_is_no_identity() -> None:
    assert found(url_is_shared=True).identities == ("guid:blog.example:1",)


def test_comments_that_differ_in_the_fragment_alone_stay_apart() -> None:
    one, two = (found(identities=(), url=f"https://blog.example/a/#comment-{n}") for n in (1, 2))
    assert one.identities == ("link:blog.example/a#comment-1",)
    assert two.item.url == "https://blog.example/a/#comment-2"
    assert found(url="https://blog.example/a/#comment-1").identities == ("guid:blog.example:1",)


def test_without_id_and_link_the_content_tells_an_item() -> None:
    bare = {"identities": (), "url": "", "title": "Notice", "text": "Closed on Friday"}
    one, again, other = found(**bare), found(**bare), found(**{**bare, "text": "Open on Friday"})
    assert one.identities == again.identities != other.identities
    assert one.identities[0].startswith("digest:blog.example:")
    assert Flag.NO_STABLE_ID in one.item.flags


def test_a_date_to_come_does_not_make_a_new_identity_on_each_visit() -> None:
    bare = RawItem(identities=(), title="Soon", published="2031-01-01T00:00:00Z")
    later = NOW.replace(hour=18)
    assert clean(bare, home=HOME, now=NOW).identities == clean(bare, home=HOME, now=later).identities


def test_an_endless_identity_fits_an_index_and_stays_distinct() -> None:
    one, two = (
        found(identities=("guid:blog.example:" + "x" * 5_000 + end,)).identities[0] for end in "ab"
    )
    assert len(one) == len(two) == 500
    assert one != two


def test_an_author_has_a_key_even_when_the_collector_gave_none() -> None:
    assert item(author=Author(name=" Ana  Example ")).author == Author(
        "Ana Example", key="feed:blog.example/ana example"
    )
    assert item(author=Author(name="Ana", handle="@ＡＮＡ")).author.key == "feed:blog.example/ana"
    assert item(author=Author(name="Ana\u200b")).author.key == item(author=Author(name="ANA")).author.key
    assert item(author=Author(key="feed:Blog.example/X")).author.key == "feed:blog.example/x"
    assert item(author=Author()).author.key == ""


def test_an_author_s_address_is_a_web_address_or_nothing() -> None:
    assert item(author=Author(url="/about")).author.url == "https://blog.example/about"
    assert item(author=Author(url="javascript:x")).author.url == ""


def test_dates_come_with_their_precision_and_flags() -> None:
    cleaned = item(published="2026-03-01", updated="2026-03-02T10:00:00+02:00")
    assert (cleaned.published_at, cleaned.precision) == (datetime(2026, 3, 1, tzinfo=UTC), Precision.DAY)
    assert cleaned.updated_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert item(published="2099-01-01T00:00:00Z").flags == {Flag.FUTURE_DATE}
    assert item(published="yesterday-ish").flags == {Flag.ODD_DATE}


def test_counts_that_cannot_be_are_unknown() -> None:
    assert found(engagement=Engagement(3, -1, 10**30)).engagement == Engagement(3, None, 10**12)
    assert found().engagement is None


def test_what_the_collector_noticed_is_kept() -> None:
    flags = frozenset({Flag.SENSITIVE})
    cleaned = item(kind=Kind.COMMENT, flags=flags, warning=" loud\n noises ", full=False)
    assert (cleaned.kind, cleaned.flags, cleaned.full) == (Kind.COMMENT, flags, False)
    assert cleaned.warning == "loud noises"


def test_markup_made_to_keep_the_parser_busy_is_read_as_plain_words() -> None:
    nested = body("<p>" + "".join(f"<b x={n}>" for n in range(1_000)) + "<p>hello" * 1_000)
    assert nested.html.count("<") < 10
    assert "hello hello" in nested.text
    assert Flag.CUT in nested.flags


def test_a_long_article_is_not_taken_for_an_attack() -> None:
    html = '<div class="x"><p>Hello <b>bold</b> <a href="/x">link</a></p></div>' * 900
    assert body(html).html.count("<b>bold</b>") == 900
