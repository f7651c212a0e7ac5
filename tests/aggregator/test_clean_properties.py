"""What holds for every text there is, not only for those that somebody thought of."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aggregator.clean import clean, tag
from aggregator.dates import judge_date
from aggregator.item import Author, Flag, Item, Media, RawHtml, RawItem, as_facts, from_facts
from aggregator.links import absolute, canonical_link, identity_of_link
from aggregator.nesting import costs_too_much
from aggregator.text import tidy
from tests.aggregator.judging import judge

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
BASE = "https://blog.example/p/"

anything = st.text(st.characters(exclude_categories=()), max_size=60)
TAGS = """
    p div section figure figcaption center details h1 h2 h3 ul ol li dl dt dd blockquote pre br hr
    table caption tbody tr td th b i em a q sub span font nobr strike tt code marquee img svg math title
    style form button select option textarea noscript template script iframe object x-own
"""
tags = st.sampled_from(TAGS.split())
attributes = st.sampled_from(
    [
        "",
        " href='/x?utm_source=1&a=%e9#b'",
        " href=javascript:x",
        " href='mailto:a@b.example'",
        " href='//evil.example\\@x'",
        " src=y.png alt='a<b>\"c'",
        " id=x style=y onclick=z",
        " class=emoji alt=':)'",
    ]
)
pieces = st.one_of(
    st.builds("<{}{}>".format, tags, attributes),
    st.builds("</{}>".format, tags),
    st.sampled_from(
        [" ", "\n", "&nbsp;", "\u200b", "&lt;b&gt;", "a & b", "\n\n y", "&#x202e;", "#tag", "<!-- c -->"]
    ),
    anything,
)
markup = st.lists(pieces, max_size=30).map("".join)


def cleaned(html: str) -> Item:
    return clean(RawItem(("x",), base=BASE, html=RawHtml(html)), home="blog.example", now=NOW).item


@given(markup)
def test_cleaning_what_was_cleaned_changes_nothing(html: str) -> None:
    once = cleaned(html)
    twice = cleaned(once.html)
    assert (twice.html, twice.text, twice.links, twice.tags) == (
        once.html,
        once.text,
        once.links,
        once.tags,
    )


@given(markup)
def test_no_markup_leaves_more_than_ours(html: str) -> None:
    judge(clean(RawItem(("x",), base=BASE, html=RawHtml(html)), home="blog.example", now=NOW))


@given(st.lists(anything, min_size=16, max_size=16), st.sets(st.sampled_from(Flag)), st.booleans())
def test_no_text_in_any_field_makes_it_raise(words: list[str], flags: set[Flag], is_html: bool) -> None:
    raw = RawItem(
        identities=(words[0],) if words[0] else (),
        url=words[1],
        base=words[2],
        title=words[3],
        title_is_html=is_html,
        html=RawHtml(words[4] if is_html else ""),
        text=words[5],
        author=Author(words[6], words[7], words[8], words[9] if is_html else ""),
        media=(Media(words[10], words[11], words[12], words[13], -1, 10**9),),
        tags=(words[14],),
        language=words[15],
        published=words[0],
        updated=words[1],
        in_reply_to=words[2],
        warning=words[3],
        label=words[4],
        flags=frozenset(flags),
    )
    found = clean(raw, home="blog.example", now=NOW)
    judge(found)
    again = clean(raw, home="blog.example", now=NOW)
    assert (again, again.item.hash) == (found, found.item.hash)


@given(markup, anything)
def test_what_is_stored_reads_back_with_the_same_hash(html: str, title: str) -> None:
    item = clean(RawItem(("x",), title=title, html=RawHtml(html)), home="blog.example", now=NOW).item
    assert replace(item, **from_facts(as_facts(item))) == item


@given(st.text(st.sampled_from("ab \t\n\0\u202e\u0301\ud800é漢"), max_size=40) | anything)
def test_tidy_text_stays_as_it_is(words: str) -> None:
    assert tidy(tidy(words)) == tidy(words)


@given(anything)
def test_a_folded_tag_folds_to_itself(words: str) -> None:
    assert tag(tag(words)) == tag(words)


@given(
    anything | st.builds("https://{}.example/{}?{}#{}".format, anything, anything, anything, anything)
)
def test_an_address_that_was_made_canonical_stays(url: str) -> None:
    assert absolute(absolute(url, BASE)) == absolute(url, BASE)
    assert canonical_link(canonical_link(url)) == canonical_link(url)
    assert identity_of_link(canonical_link(url)) == identity_of_link(url)


@given(
    anything
    | st.from_regex(
        r"[0-9]{1,4}-?[0-9]{1,2}-?[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?([+-][0-9]{4}|Z)?"
    )
)
def test_no_date_is_in_the_future_or_before_the_web(claim: str) -> None:
    judged = judge_date(claim, NOW)
    assert judged.at is None or datetime(1990, 1, 1, tzinfo=UTC) <= judged.at <= NOW


@given(st.lists(pieces, min_size=1, max_size=20).map("".join))
def test_repeating_markup_never_makes_it_cheaper(html: str) -> None:
    verdicts = [costs_too_much(html * times) for times in (10, 100, 1_000)]
    assert all(less <= more for less, more in pairwise(verdicts))
