import pytest

from aggregator.answer import header_map, refusal, request_headers, user_agent, validators_in
from aggregator.errors import Busy, Denied, Missing, Refused
from aggregator.stages import Validators
from tests.fault_server import NOON


def test_user_agent_says_who_asks_and_whom_to_write_to() -> None:
    name = user_agent("0.1.0", "https://engaged.example", "campaign@library.example")
    assert name == "Engaged/0.1.0 (+https://engaged.example; campaign@library.example)"


def test_user_agent_leaves_out_what_no_header_can_carry() -> None:
    name = user_agent("0.1.0", "https://engaged.example", "Bibliothèque\r\nX: y) (\\")
    assert name == "Engaged/0.1.0 (+https://engaged.example; BibliothqueX: y)"
    assert user_agent("1", "http://x.example", "") == "Engaged/1 (+http://x.example)"


def test_both_validators_go_back_and_only_gzip_is_accepted() -> None:
    headers = request_headers("me", "*/*", Validators('"1"', "Tue, 01 Sep 2026 10:00:00 GMT"))
    assert headers == {
        "User-Agent": "me",
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
        "If-None-Match": '"1"',
        "If-Modified-Since": "Tue, 01 Sep 2026 10:00:00 GMT",
    }


def test_headers_are_lower_case_joined_and_without_cookies() -> None:
    raw = [
        (b"X-A", b"1"),
        (b"Set-Cookie", b"a=b"),
        (b"x-a", b"2"),
        (b"L", "é".encode()),
        (b"M", b"\xe9"),
    ]
    assert header_map(raw) == {"x-a": "1, 2", "l": "é", "m": "é"}


@pytest.mark.parametrize("etag", ['"abc"', 'W/"abc"', '""', '"a b"', "abc-123"])
def test_sane_etag_is_kept(etag: str) -> None:
    assert validators_in({"etag": etag}, NOON) == Validators(etag, "")


@pytest.mark.parametrize(
    "etag", ['W/W/"x"', "éè", '"é"', '"a\tb"', '"a"b"', '"a", "b"', '"' + "e" * 512 + '"']
)
def test_odd_etag_is_not_sent_back(etag: str) -> None:
    assert validators_in({"etag": etag}, NOON) == Validators()


@pytest.mark.parametrize(
    ("modified", "is_kept"),
    [
        ("Tue, 01 Sep 2026 10:00:00 GMT", True),
        ("Wed, 02 Sep 2026 10:00:00 GMT", True),  # a clock that is a little fast
        ("Fri, 31 Dec 9999 23:59:59 GMT", False),
        ("yesterday", False),
        ("0", False),
        ("Tue, 01 Sep 2026 10:00:00 GMT" + " " * 600, False),
    ],
)
def test_last_modified_is_kept_when_it_is_a_date_that_was(modified: str, is_kept: bool) -> None:
    assert validators_in({"last-modified": modified}, NOON) == Validators(
        "", modified if is_kept else ""
    )


KINDS = {401: Denied, 403: Denied, 451: Denied, 404: Missing, 410: Missing, 429: Busy, 503: Busy}


@pytest.mark.parametrize("status", [*KINDS, 204, 206, 305, 407, 500])
def test_each_refusal_has_its_name(status: int) -> None:
    assert type(refusal(status)) is KINDS.get(status, Refused)
