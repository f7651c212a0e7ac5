"""What the world has thought up against sanitisers, judged by what is left of it.

Whether a browser runs any of it is asked in tests/browser; here the markup itself is judged.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest

from aggregator.clean import clean
from aggregator.item import Author, Found, Media, RawHtml, RawItem
from tests.aggregator.judging import judge
from tests.shared_folder import shared

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.shared


def rows(*parts: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in shared("hostile", *parts).read_text("utf-8").splitlines()]


def everywhere(payload: str) -> Iterator[Found]:
    """Clean an item with the payload as its body, and one with it in every other field."""
    base = "https://blog.example/p/"
    for raw in (
        RawItem(("guid:blog.example:1",), base=base, html=RawHtml(payload)),
        RawItem(
            ("guid:blog.example:1",),
            base=base,
            html=RawHtml(f"<p>a {payload} b</p><a href='{payload}'>c</a>"),
        ),
        RawItem(
            identities=(payload, "guid:blog.example:1"),
            url=payload,
            base=base,
            title=payload,
            title_is_html=True,
            text=payload,
            author=Author(payload, payload, payload),
            media=(Media(payload, "image", payload, payload), Media("/x.jpg", payload, alt=payload)),
            tags=(payload,),
            language=payload,
            published=payload,
            updated=payload,
            in_reply_to=payload,
            warning=payload,
            label=payload,
        ),
        RawItem(
            (),
            base=payload,
            url=payload,
            title=payload,
            html=RawHtml(f'<a href="{payload}">x</a><img src="{payload}">'),
        ),
    ):
        yield clean(raw, home="blog.example", now=NOW)


def judge_everywhere(payload: str) -> None:
    for found in everywhere(payload):
        judge(found)


@pytest.mark.parametrize(
    "parts",
    [
        ("own", "xss", "vectors.jsonl"),
        ("fetched", "dompurify.jsonl"),
        ("fetched", "h5sc.jsonl"),
        ("fetched", "owasp-xss.jsonl"),
        ("fetched", "payloads.jsonl"),
        ("fetched", "blns.jsonl"),
        ("fetched", "html5lib-tokenizer.jsonl"),
    ],
    ids=lambda parts: parts[-1],
)
def test_nothing_that_acts_is_left_of_a_vector(parts: tuple[str, ...]) -> None:
    for row in rows(*parts):
        judge_everywhere(row["payload"])


@pytest.mark.parametrize("folder", ["feedparser", "feedvalidator", "svg"])
def test_nothing_that_acts_is_left_of_a_whole_foreign_file(folder: str) -> None:
    for path in sorted(shared("hostile", "fetched", folder).rglob("*")):
        if path.is_file():
            content = path.read_text("utf-8", errors="surrogateescape")
            for html in (content, unescape(content)):
                judge(clean(RawItem(("x",), html=RawHtml(html)), home="blog.example", now=NOW))


def written_out(payload: str | dict[str, object]) -> str:
    if isinstance(payload, str):
        return payload
    unit, length = str(payload["repeat"]), int(str(payload["len"]))
    return (unit * (length // len(unit) + 1))[:length]


def test_text_attacks_reach_no_field() -> None:
    for row in rows("own", "text", "cases.jsonl"):
        judge_everywhere(written_out(row["payload"]))


def test_no_size_attack_costs_a_second() -> None:
    for row in rows("own", "text", "cases.jsonl"):
        if row["family"] == "redos-size":
            payload = written_out(row["payload"])
            raw = RawItem(
                ("x",), title=payload, html=RawHtml(payload), tags=(payload,), author=Author(payload)
            )
            began = time.process_time()
            found = clean(raw, home="blog.example", now=NOW)
            assert time.process_time() - began < 1, row["id"]
            judge(found)


def test_a_bidi_override_in_a_title_is_gone() -> None:
    for row in rows("own", "text", "cases.jsonl"):
        if row["family"] in ("bidi", "terminal-log"):
            title = clean(RawItem(("x",), title=row["payload"]), home="blog.example", now=NOW).item.title
            assert not set(title) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\x00\x1b\x08\x85")


def test_a_harm_that_is_no_script_is_gone_as_well() -> None:
    harms = [row for row in rows("own", "xss", "vectors.jsonl") if row["family"].startswith("harm")]
    assert harms
    for row in harms:
        html = clean(
            RawItem(("x",), html=RawHtml(row["payload"])), home="blog.example", now=NOW
        ).item.html
        for sign in (
            "<form",
            "<input",
            "<img",
            "<iframe",
            "<base",
            "<meta",
            "style=",
            " id=",
            " name=",
            "class=",
        ):
            assert sign not in html
