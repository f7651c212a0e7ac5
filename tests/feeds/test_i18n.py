"""Every word comes from the language file; a language without one is English as a whole."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from feeds.i18n import LOCALES, languages, words
from feeds.page import HERE

FRENCH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgid "take-part"
msgstr "Participer"

msgid "via"
msgstr "par {tag}"
"""


@pytest.fixture
def two_languages(tmp_path: Path) -> Path:
    (tmp_path / "en.po").write_text((LOCALES / "en.po").read_text("utf-8"), "utf-8")
    (tmp_path / "fr.po").write_text(FRENCH, "utf-8")
    return tmp_path


def catalogue(language: str) -> dict[str, str]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def keys_in_use() -> set[str]:
    sources = [*HERE.rglob("*.html"), *HERE.rglob("*.txt"), *HERE.rglob("*.py")]
    text = "\n".join(source.read_text("utf-8") for source in sources)
    notices = {
        f"notice-{said}-{part}" for said in (404, 405, 410, 500, 503) for part in ("title", "text")
    }
    whole = set(re.findall(r'say\(\s*"([a-z-]+)"(?!\s*[~%])', text))
    begun = tuple(re.findall(r'say\(\s*(?:f"([a-z-]+-)\{|"([a-z-]+-)(?:"\s*~|%))', text))
    beginnings = tuple({one or other for one, other in begun})
    return whole | notices | {key for key in catalogue("en") if key.startswith(beginnings)}


def test_english_has_every_key_in_use_and_no_other() -> None:
    assert set(catalogue("en")) == keys_in_use()


@pytest.mark.parametrize("language", languages())
def test_every_language_keeps_every_placeholder(language: str) -> None:
    english, theirs = catalogue("en"), catalogue(language)
    assert set(theirs) == set(english)
    for key, text in theirs.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key


def test_a_language_is_there_because_its_file_is(two_languages: Path) -> None:
    assert languages(two_languages) == ("en", "fr")
    say = words("fr", two_languages)
    assert (say.language, say("take-part"), say("via", tag="#A")) == ("fr", "Participer", "par #A")


def test_a_missing_word_comes_in_english(two_languages: Path) -> None:
    assert words("fr", two_languages)("read-post") == "Read the post"


def test_a_region_finds_its_language(two_languages: Path) -> None:
    assert words("fr-CA", two_languages).language == "fr"


def test_a_language_without_a_file_is_english_and_says_so() -> None:
    say = words("hmn")
    assert (say.language, say.direction, say("read-post")) == ("en", "ltr", "Read the post")


def test_values_are_filled_in_and_never_read_as_placeholders() -> None:
    assert words("en")("via", tag="{campaign}") == "via {campaign}"


def test_several_hashtags_are_listed_as_the_language_does() -> None:
    assert words("en").any_of(["#A", "#B", "#C"]) == "#A, #B, or #C"


# The reader's words of STYLE section 2: what stands in our code never stands on a page.
@pytest.mark.parametrize(
    "word", ["slug", "kind", "revision", "verdict", "tombstone", "withdrawn", "slot"]
)
def test_no_word_of_our_code_is_shown(word: str) -> None:
    assert not [
        text for text in catalogue("en").values() if re.search(rf"\b{word}\b", text, re.IGNORECASE)
    ]
