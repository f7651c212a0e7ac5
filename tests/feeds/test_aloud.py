"""What is pretty to look at must not be torture to hear."""

import pytest

from feeds.aloud import joined, parted, readable, readable_markup, spelled, without_last_tags


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("𝗕𝗼𝗼𝗸𝘀 𝒻𝑜𝓇 𝕒𝕝𝕝 𝟚𝟘𝟚𝟞", "Books for all 2026"),
        ("ℋ𝑒𝓁𝓁𝑜", "Hello"),
        ("ﷺ ½ ﬁne Ⅷ", "ﷺ ½ ﬁne Ⅷ"),
        ("So happy 🎉🎉🎉🎉🎉!", "So happy 🎉🎉!"),
        ("📚 📚 📚 📚", "📚📚"),
        ("👩🏽‍🏫👩🏽‍🏫👩🏽‍🏫 thanks", "👩🏽‍🏫👩🏽‍🏫 thanks"),
        ("🇪🇹🇪🇹🇪🇹🇪🇹", "🇪🇹🇪🇹"),
        ("❤️❤️❤️❤️", "❤️❤️"),
        ("🎉🎉 two stay", "🎉🎉 two stay"),
        ("wait……… ———— ===== no", "wait……… ———— ===== no"),
        ("١٢٣ ሰላም مرحبا", "١٢٣ ሰላም مرحبا"),
        ("", ""),
    ],
)
def test_letters_of_mathematics_and_rows_of_emoji_are_made_readable(written: str, heard: str) -> None:
    assert readable(written) == heard
    assert readable(heard) == heard


def test_markup_keeps_its_tags_and_addresses() -> None:
    written = '<p title="a > 𝗯">𝗕𝗼𝗼𝗸𝘀 <a href="https://a.example/𝗯">🎉🎉🎉🎉</a> &amp; &lt;b&gt;</p>'
    heard = readable_markup(written)
    assert heard.endswith(' <a href="https://a.example/𝗯">🎉🎉</a> &amp; &lt;b&gt;</p>')
    assert "Books" in heard
    assert heard.count("<") == written.count("<")


@pytest.mark.parametrize(
    ("text", "before", "tags"),
    [
        ("Story time!\n\n#EngagedLibraries #Reading", "Story time!", ("EngagedLibraries", "Reading")),
        ("Story time! #EngagedLibraries", "Story time!", ("EngagedLibraries",)),
        ("Story time\n#EngagedLibraries", "Story time", ("EngagedLibraries",)),
        ("We love our #EngagedLibraries", "We love our #EngagedLibraries", ()),
        ("We love #libraries and #books", "We love #libraries and #books", ()),
        ("#EngagedLibraries #Reading", "#EngagedLibraries #Reading", ()),
        ("قصة جميلة #مكتبات #قراءة", "قصة جميلة", ("مكتبات", "قراءة")),
        ("See page #", "See page #", ()),
        ("No tags at all", "No tags at all", ()),
    ],
)
def test_a_row_of_hashtags_at_the_end_stands_apart(
    text: str, before: str, tags: tuple[str, ...]
) -> None:
    assert parted(text) == (before, tags)


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>Come!</p><p>#One #Two</p>", "<p>Come!</p>"),
        ('<p>Come!</p>\n<p dir="auto"><a href="https://a.example/">#ONE</a></p>\n', "<p>Come!</p>\n"),
        ("<p>Come!</p><p>#One #Three</p>", "<p>Come!</p><p>#One #Three</p>"),
        ("<p>Come!</p><p>#One is ours</p>", "<p>Come!</p><p>#One is ours</p>"),
        ("<p>Come! #One #Two</p>", "<p>Come! #One #Two</p>"),
        ("<p>Come!</p><p></p>", "<p>Come!</p><p></p>"),
        ("<p>#One #Two</p>", "<p>#One #Two</p>"),
        ("", ""),
    ],
)
def test_a_last_paragraph_of_listed_hashtags_is_left_out(html: str, left: str) -> None:
    assert without_last_tags(html, ("one", "two")) == left


def test_tags_are_spelled_as_somebody_wrote_them() -> None:
    known = ("At #EngagedLibraries, with #books", "#RiversideReads")
    assert spelled(("engagedlibraries", "books", "riversidereads", "tea"), *known) == (
        "EngagedLibraries",
        "books",
        "RiversideReads",
        "tea",
    )


def test_tags_are_joined_with_their_sign() -> None:
    assert joined(("One", "Two")) == "#One #Two"
