"""Where a link really leads, and names that are written to look like others."""

import json

import pytest

from moderation.hosts import is_mixed, target
from tests.shared_folder import shared


@pytest.mark.parametrize(
    "name",
    [
        "аpple.com",  # its first letter is Cyrillic
        "раypal",
        "librаry.example",
        "Ꭲibrary",
        "ⅼibrary",  # a Roman numeral for an l
        "𝐋𝐢𝐛𝐫𝐚𝐫𝐲",
        "ＬＩＢＲＡＲＹ",
        "\u115f\u1160",
        "lib\ufe0frary",
    ],
)
def test_a_name_in_letters_of_several_alphabets_is_marked(name: str) -> None:
    assert is_mixed(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Biblioteca Española", "Adébáyọ̀ Ọláńrewájú", "山田さん", "김철수", "ليلى حداد", "Ana 📚"),
        *("Лиза Park", "@library_12", "Ὀδυσσεύς", "", "राम", "ቤተ መጻሕፍት", "می\u200cخوانیم", "❤️ Ana"),
    ],
)
def test_a_name_in_one_alphabet_a_word_is_not(name: str) -> None:
    assert not is_mixed(name)


def test_a_link_says_its_domain_as_dns_knows_it_and_how_it_is_spelled() -> None:
    found = target("https://www.bücher.example/lesen")

    assert (found.host, found.spelled, found.is_suspect) == (
        "xn--bcher-kva.example",
        "bücher.example",
        False,
    )


def test_a_domain_that_mixes_alphabets_is_suspect() -> None:
    found = target("https://librаry.example/cards")

    assert found.host == "xn--librry-6nf.example"
    assert found.is_suspect


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", ""])
def test_what_no_link_may_have_is_never_followed(url: str) -> None:
    assert target(url).url == ""


@pytest.mark.shared
def test_every_homograph_of_the_corpus_is_marked() -> None:
    cases = [
        json.loads(line)
        for line in shared("hostile", "own", "text", "cases.jsonl").read_text().splitlines()
    ]
    names = [case["payload"] for case in cases if case["family"] == "homograph"]
    assert [name for name in names if not is_mixed(name)] == []
