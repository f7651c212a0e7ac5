"""An issue handed to listmonk: a draft, in which its template language finds nothing of ours to run."""

import base64
import json

import pytest

from feeds.highlights.handoff import Listmonk, draft_for, harmless

THERE = Listmonk("https://lists.library.example/", "engaged", "a-token", (3, 4), 7)
ARCHIVE = "https://posts.library.example/c/highlights/12"


def test_the_request_makes_a_draft_with_both_parts() -> None:
    request = draft_for(
        THERE, "Edition 12", "The week", "<p>{{unsubscribe}}</p>", "{{ preferences }}", ARCHIVE
    )

    assert request.address == "https://lists.library.example/api/campaigns"
    scheme, _, credentials = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"engaged:a-token")
    assert json.loads(request.body) == {
        "name": "Edition 12",
        "subject": "The week",
        "lists": [3, 4],
        "type": "regular",
        "content_type": "html",
        "messenger": "email",
        "body": "<p>{{ UnsubscribeURL }}</p>",
        "altbody": "{{ ManageURL }}",
        "tags": ["engaged"],
        "template_id": 7,
    }


def test_without_a_template_listmonk_takes_its_own() -> None:
    request = draft_for(Listmonk("https://l.example", "a", "b"), "n", "s", "h", "t", ARCHIVE)
    assert "template_id" not in json.loads(request.body)


def test_the_secret_is_in_no_description() -> None:
    assert "a-token" not in repr(THERE)


RUNS = [
    ('{{ env "DATABASE_URL" }}', '{{ "{{" }} env "DATABASE_URL" }}'),
    ("{{.Subscriber.Email}}", '{{ "{{" }}.Subscriber.Email}}'),
    ("{{unsubscribe}}{{ end }}", '{{ UnsubscribeURL }}{{ "{{" }} end }}'),
    ("{{ {{unsubscribe}} }}", '{{ "{{" }} {{ UnsubscribeURL }} }}'),
    ("{{{ x }}}", '{{ "{{" }}{ x }}}'),
    ("{{{unsubscribe}}}", '{{ "{" }}{{ UnsubscribeURL }}}'),
    ("{{{{ x", '{{ "{{" }}{{ "{{" }} x'),
    ("@media x{a{b:c}}", "@media x{a{b:c}}"),
]


@pytest.mark.parametrize(("text", "made"), RUNS)
def test_nothing_that_a_post_says_is_run(text: str, made: str) -> None:
    """Go runs what stands between {{ and }}: its own links, and braces in quotes, which it prints."""
    assert harmless(text, ARCHIVE) == made


def test_the_archive_is_the_same_for_everybody() -> None:
    assert harmless("see {{archive}}", ARCHIVE) == f"see {ARCHIVE}"
