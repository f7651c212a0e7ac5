"""What name servers say of a sender's domain, in words that say what to do."""

import pytest

from feeds.highlights.looks import NotAsked, look

GOOD = {
    "mail.library.example": ("v=spf1 mx -all", "some other record"),
    "engaged._domainkey.mail.library.example": ("v=DKIM1; k=rsa; p=MIGf",),
    "_dmarc.library.example": ("v=DMARC1; p=none",),
}


def states(records: dict[str, tuple[str, ...]], *selectors: str) -> dict[str, str]:
    found = look("mail.library.example", selectors, lambda name: records.get(name, ()))
    return {one.code: one.state for one in found}


def test_a_domain_that_says_everything_is_fine() -> None:
    assert set(states(GOOD, "engaged").values()) == {"fine"}
    assert set(states(GOOD).values()) == {"fine"}


def test_a_domain_that_says_nothing_lacks_everything_that_can_be_known() -> None:
    assert states({}) == {"spf": "missing", "dkim": "unknown", "dmarc": "missing"}
    assert states({}, "engaged")["dkim"] == "missing"


@pytest.mark.parametrize(
    ("name", "records", "code"),
    [
        ("mail.library.example", ("v=spf1 mx -all", "v=spf1 a -all"), "spf"),
        ("engaged._domainkey.mail.library.example", ("v=DKIM1; p=",), "dkim"),
        ("_dmarc.library.example", ("v=spf1 mx",), "dmarc"),
    ],
)
def test_what_does_not_count_is_missing(name: str, records: tuple[str, ...], code: str) -> None:
    assert states({**GOOD, name: records}, "engaged")[code] == "missing"


def test_without_an_answer_it_says_that_it_does_not_know() -> None:
    def away(name: str) -> tuple[str, ...]:
        raise NotAsked(f"no name server answered for {name}")

    found = look("library.example", (), away)
    assert {one.state for one in found} == {"unknown"}
    assert "no name server answered" in found[0].words
