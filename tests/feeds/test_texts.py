"""Plain text is cut between words and characters, and stays legible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.texts import cut, followable, has_word, host_of, lead, legible


def test_a_text_is_cut_between_words() -> None:
    assert cut("Seeds, tools and stories for the street", 20) == "Seeds, tools and…"


def test_a_short_text_is_left_alone() -> None:
    assert cut("  Seeds  ", 20) == "Seeds"


@pytest.mark.parametrize("whole", ["👩🏽‍🚀", "👨‍👩‍👧", "🏴‍☠️", "é", "क्षि"])
def test_a_cut_never_falls_inside_a_character_made_of_several(whole: str) -> None:
    text = "x" * 5 + whole + "y" * 20
    outcomes = {cut(text, length) for length in range(6, 6 + len(whole))}
    assert all(outcome == "xxxxx…" or whole in outcome for outcome in outcomes)


@given(st.text(), st.integers(2, 50))
def test_a_cut_text_is_never_longer_than_asked(text: str, length: int) -> None:
    assert len(cut(text, length)) <= length


def test_a_short_first_sentence_stands_alone() -> None:
    assert lead("We opened a seed library! Come and see it.") == (
        "We opened a seed library!",
        "Come and see it.",
    )


def test_a_title_such_as_dr_ends_no_first_sentence() -> None:
    assert lead("Dr. Sato read to us. It rained.")[0] == "Dr. Sato read to us."


def test_a_long_first_sentence_goes_on_behind_a_comma() -> None:
    further = "so for three days it was a school, a charger of telephones and a kindergarten, once more"
    text = f"After the storm the library had power first, {further}"
    assert lead(text) == ("After the storm the library had power first…", further)
    short = f"After the storm, and before the snow, {further}, {further}"
    assert lead(short)[0] == "After the storm, and before the snow…", "the last comma that stands large"
    assert lead(f"قرأنا اليوم في الساحة، {'كلمة ' * 30}")[0] == "قرأنا اليوم في الساحة…"
    assert lead(f"We read – and then {'word ' * 40}")[0].endswith("word…"), "two words are no headline"


def test_a_sentence_may_end_without_a_space_behind_it() -> None:
    text = "今日は図書館で絵本をたくさん読みました。" + "楽しかった" * 30
    assert lead(text) == (text[:20], text[20:])


def test_a_long_first_sentence_without_a_comma_is_cut_and_repeated() -> None:
    text = "word " * 60
    first, rest = lead(text)
    assert first.endswith("word…")
    assert rest == text.strip()


def test_a_text_of_one_line_leaves_nothing_over() -> None:
    assert lead("📚🎉") == ("📚🎉", "")


@given(st.text())
def test_no_word_is_lost_between_lead_and_rest(text: str) -> None:
    first, rest = lead(text)
    whole, left = "".join(text.split()), "".join(rest.split())
    begun = "".join(first.removesuffix("…").split())
    assert whole.startswith(begun)
    assert whole.endswith(left)
    assert len(whole) - len(begun) - len(left) <= 1  # a comma at most


def test_characters_that_break_documents_are_left_out() -> None:
    assert legible("a\x00b\x1b[31m\ud800c\ufffe\td\ne") == "ab[31mc\td\ne"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.blog.example/path", "blog.example"),
        ("https://user:secret@blog.example:8080/", "blog.example"),
        ("https://блог.example/", "xn--90aexm.example"),
        ("mailto:ana@library.example", "library.example"),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_the_true_domain_of_an_address(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " https://x.example", "//x.example"]
)
def test_only_web_and_mail_addresses_are_followable(url: str) -> None:
    assert followable(url) == ""


def test_emoji_alone_cannot_be_read_as_a_name() -> None:
    assert not has_word("🌻✨")
    assert has_word("ليلى 🌻")
