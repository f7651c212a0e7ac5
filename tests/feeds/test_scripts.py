"""The script embed as it is sent: small enough, kept for ever, and without what strict pages refuse."""

import base64
from hashlib import sha256, sha384
from pathlib import Path

import brotli  # type: ignore[import-untyped] # publishes no types
import pytest
from flask.testing import FlaskClient

from feeds import scripts
from feeds.app import create_app
from tests.feeds.invented import NOW, Clock, FakeDoor, settings

RELEASED = sorted(scripts.RELEASED.glob("*.js"))


@pytest.fixture
def client() -> FlaskClient:
    return create_app(settings(), FakeDoor(), lambda: NOW, Clock()).test_client()


def test_the_script_and_its_style_stay_within_their_budgets() -> None:
    body = scripts.newest().body
    assert len(brotli.compress(body, quality=11)) <= 4096
    assert len(body) <= 10 * 1024
    assert len(scripts.style()) <= 2048


def test_the_name_that_stays_gives_the_newest_script_for_an_hour(client: FlaskClient) -> None:
    answer = client.get("/w/1.js")
    assert answer.data == scripts.newest().body
    assert (
        dict(answer.headers).items()
        >= {
            "Content-Type": "text/javascript; charset=utf-8",
            "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }.items()
    )
    again = client.get("/w/1.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.name)
def test_a_script_with_a_hash_is_given_for_ever(client: FlaskClient, file: Path) -> None:
    answer = client.get(f"/w/{file.name}")
    assert (answer.status_code, answer.data) == (200, file.read_bytes())
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert file.stem == sha256(answer.data).hexdigest()[:16]


@pytest.mark.parametrize(
    "name", ["0123456789abcdef.js", "2.js", "embed.js", "..%2fembed.css", "1.js.map", ""]
)
def test_a_script_that_never_was_is_not_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/w/{name}").status_code == 404


def test_the_newest_script_stands_among_those_that_stay(tmp_path: Path) -> None:
    command = 'python -c "from feeds.scripts import keep; keep()"'
    assert scripts.newest().name in {file.name for file in RELEASED}, f"after a change, run: {command}"
    assert scripts.keep(tmp_path).read_bytes() == scripts.newest().body


def test_the_digest_is_the_one_browsers_compare() -> None:
    digest = base64.b64encode(sha384(scripts.newest().body).digest()).decode()
    assert scripts.newest().integrity == f"sha384-{digest}"


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("// why\nlet a = 1;\n  // why not\n  b();\n", "let a=1;b();\n"),
        ('say("a  =  b; // no comment");', 'say("a  =  b; // no comment");\n'),
        ('say("\\" = ");', 'say("\\" = ");\n'),
        ("say(`a ${ b } = c`);", "say(`a ${ b } = c`);\n"),
        (r"x = /^https?:\/\/(a|b)\?/i.test(y);", "x=/^https?:\\/\\/(a|b)\\?/i.test(y);\n"),
        ("const f = async ({ a }) => {\n  return a ?? 1;\n};", "const f=async({a})=>{return a??1;};\n"),
        ("if (a)\n  return b;\nelse c();", "if(a)return b;else c();\n"),
        ("class A {\n  static b = [1];\n\n  c() {}\n}", "class A{static b=[1];c(){}}\n"),
    ],
)
def test_shortening_takes_blanks_and_comments_and_nothing_else(source: str, sent: str) -> None:
    assert scripts.tight(source) == sent


REFUSED = """innerHTML outerHTML insertAdjacentHTML document.write eval( Function( setAttribute( import(
XMLHttpRequest cookie localStorage sessionStorage indexedDB caches. userAgent
canvas console. postMessage"""


@pytest.mark.parametrize("word", REFUSED.split())
def test_it_never_uses_what_strict_pages_refuse_or_readers_would_mind(word: str) -> None:
    assert word not in scripts.newest().body.decode()
