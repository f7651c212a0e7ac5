"""What can be wrong with a request, and the sentence that says what to do. Source: RFC 9457."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from feeds.page import NOT_KEPT, Page, finished, readable_anywhere

CONTENT_TYPE = "application/problem+json"
DESCRIBED_AT = "/api/openapi.json"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of problem: its name in addresses for ever, its status, and its words in general."""

    name: str
    status: int
    title: str
    about: str


UNKNOWN_PARAMETER = Sort(
    "unknown-parameter",
    400,
    "There is no such parameter",
    "The address has a parameter that this resource does not know. Leave it out.",
)
WRONG_VALUE = Sort(
    "wrong-value",
    400,
    "A parameter has a value that it cannot have",
    "`param` names the parameter, `detail` says which values it can have.",
)
REPEATED_PARAMETER = Sort(
    "repeated-parameter",
    400,
    "A parameter stands in the address too often",
    "`param` names the parameter. Only those that are lists may be repeated, ten times at most.",
)
NOTHING_HERE = Sort(
    "nothing-here",
    404,
    "There is nothing at this address",
    "Neither a resource of this API nor a post with this id is there.",
)
NO_LONGER_SHOWN = Sort(
    "no-longer-shown",
    410,
    "This post is no longer shown",
    "Its author took it back, or it was removed from the campaign. Remove your copies of it.",
)
ONLY_READING = Sort(
    "only-reading",
    405,
    "This API can only be read",
    "The header Allow names the methods there are.",
)
TOO_MANY_REQUESTS = Sort(
    "too-many-requests",
    429,
    "Too many requests",
    "The header Retry-After says after how many seconds to go on.",
)
UNAVAILABLE = Sort(
    "unavailable",
    503,
    "We cannot answer just now",
    "The header Retry-After says after how many seconds to ask again.",
)
UNEXPECTED = Sort(
    "unexpected",
    500,
    "Something went wrong on our side",
    "It is not your request, and it was written down for us.",
)
SORTS = (
    UNKNOWN_PARAMETER,
    WRONG_VALUE,
    REPEATED_PARAMETER,
    NOTHING_HERE,
    NO_LONGER_SHOWN,
    ONLY_READING,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    UNEXPECTED,
)


@dataclass(eq=False)
class Problem(Exception):
    """A request that cannot be answered.

    Attributes:
        detail: one or two sentences: what is wrong here, and what to do.
        more: further members of the answer, such as `param`.
        headers: that the answer has besides.
    """

    sort: Sort
    detail: str
    more: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()

    def page(self, public_url: str) -> Page:
        """Give the answer. Nobody keeps it: the next request may be right."""
        body = {
            "type": type_of(self.sort, public_url),
            "title": self.sort.title,
            "status": self.sort.status,
            "detail": self.detail,
            **self.more,
        }
        text = json.dumps(body, ensure_ascii=False)
        headers = (*readable_anywhere(), *self.headers)
        return finished(self.sort.status, CONTENT_TYPE, text, headers, kept=NOT_KEPT)


def type_of(sort: Sort, public_url: str) -> str:
    """Give the address that names a sort of problem; it leads to where the sort is described."""
    return f"{public_url}{DESCRIBED_AT}#/x-problems/{sort.name}"
