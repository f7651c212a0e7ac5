"""Mail addresses: what we write to, and what could split a header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.mail_address import compared, domain_of, readable


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ana@reader.example", "ana@reader.example"),
        ("  Ana.Lee+news@Reader.EXAMPLE\n", "Ana.Lee+news@reader.example"),
        ("o'brien@reader.example", "o'brien@reader.example"),
        ("ana@bücherei.example", "ana@xn--bcherei-n2a.example"),
    ],
)
def test_an_address_is_kept_with_its_domain_as_dns_knows_it(written: str, kept: str) -> None:
    assert readable(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ana",
        "@reader.example",
        "ana@",
        "ana@reader",
        "ana@localhost",
        "ana@192.0.2.7",
        "ana@[192.0.2.7]",
        "ana@-reader.example",
        "ana@reader..example",
        ".ana@reader.example",
        "a..na@reader.example",
        "ana lee@reader.example",
        "Ana <ana@reader.example>",
        '"ana"@reader.example',
        "ana@reader.example\r\nBcc: all@reader.example",
        "ana\r\n@reader.example",
        "ana@reader.example,ben@reader.example",
        "анна@reader.example",
        "a" * 65 + "@reader.example",
        "a@" + "b" * 64 + ".example",
        "a@" + ".".join(["b" * 60] * 5) + ".example",
    ],
)
def test_what_we_cannot_write_to_is_no_address(written: str) -> None:
    assert readable(written) == ""


def test_capitals_make_no_other_reader() -> None:
    assert compared("Ana@reader.example") == compared("ana@reader.example")
    assert domain_of("ana@reader.example") == "reader.example"


@given(st.text(max_size=40), st.sampled_from(["reader.example", "bücherei.example", "x"]))
def test_what_is_kept_has_one_at_and_is_kept_again(name: str, domain: str) -> None:
    kept = readable(f"{name}@{domain}")
    if kept:
        assert kept.count("@") == 1
        assert kept.isascii()
        assert kept.isprintable()
        assert " " not in kept
        assert readable(kept) == kept
