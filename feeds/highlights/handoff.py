"""An issue for somebody else's mail program: listmonk gets it as a draft campaign by its API.

Pure: the request is made here, and sent by the worker, behind the walls of every message that leaves.
listmonk fills what it gets as a Go template, which can do much: of our text nothing is left that it
would run, and only its own three links stand in it.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FIELDS: Mapping[str, str] = {
    "unsubscribe": "{{ UnsubscribeURL }}",
    "preferences": "{{ ManageURL }}",
}
"""What listmonk has for our own fields; `archive` is an address of ours, the same for everybody."""

_FIELD = re.compile(r"\{\{\s*(unsubscribe|preferences|archive)\s*\}\}")
# Go looks for what opens only; a brace at the end would join those of the link behind it.
_CODE = re.compile(r"\{\{|\{\Z")


@dataclass(frozen=True, slots=True)
class Listmonk:
    """One listmonk, and which of its lists an issue is for.

    Attributes:
        address: where it is, such as `https://lists.library.example`.
        user, token: of an API user that may write campaigns, and nothing else.
        template: number of a template that adds nothing (`{{ template "content" . }}`); 0: its default.
    """

    address: str
    user: str
    token: str = field(repr=False)
    lists: tuple[int, ...] = ()
    template: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One POST, whole."""

    address: str
    headers: Mapping[str, str]
    body: bytes


def draft_for(
    listmonk: Listmonk, name: str, subject: str, html: str, text: str, archive: str
) -> Request:
    """Give the request that makes a draft campaign: nothing is sent until somebody there says so.

    Args:
        name: how it is called in listmonk's own list of campaigns.
        html, text: with our fields in double braces where a reader's own links belong.
        archive: the address of the issue's page.

    Source: listmonk, POST /api/campaigns; Authorization as `token USER:TOKEN`, here in its Basic form.
    """
    campaign = {
        "name": name,
        "subject": harmless(subject, archive),
        "lists": list(listmonk.lists),
        "type": "regular",
        "content_type": "html",
        "messenger": "email",
        "body": harmless(html, archive),
        "altbody": harmless(text, archive),
        "tags": ["engaged"],
        **({"template_id": listmonk.template} if listmonk.template else {}),
    }
    credentials = base64.b64encode(f"{listmonk.user}:{listmonk.token}".encode()).decode("ascii")
    return Request(
        f"{listmonk.address.rstrip('/')}/api/campaigns",
        {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
        json.dumps(campaign, ensure_ascii=False).encode(),
    )


def harmless(text: str, archive: str) -> str:
    """Give a text in which a Go template finds nothing but the links that belong there."""
    parts = _FIELD.split(text)
    found = [_quoted(part) if at % 2 == 0 else _link(part, archive) for at, part in enumerate(parts)]
    return "".join(found)


def _link(name: str, archive: str) -> str:
    return FIELDS.get(name) or _quoted(archive)


def _quoted(text: str) -> str:
    """Write braces as text: Go gives back what stands between quotes."""
    return _CODE.sub(lambda braces: f'{{{{ "{braces[0]}" }}}}', text)
