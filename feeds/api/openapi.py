"""The description of the API for programs, written from the declarations that requests are read with.

Source: OpenAPI 3.1.1; JSON Schema 2020-12.
"""

from collections.abc import Mapping
from typing import Any

from aggregator.settings import Campaign, Settings
from feeds.api.limits import A_MINUTE
from feeds.api.params import Parameter
from feeds.api.problems import CONTENT_TYPE, SORTS, Sort, type_of
from feeds.api.resources import RESOURCES, Resource
from feeds.api.shapes import SCHEMAS, number, text

_ABOUT = (
    "Posts that a campaign shows, as moderators approved them. It only reads and asks for no key. "
    f"One network may ask {A_MINUTE} times a minute; the header RateLimit says what is left. "
    "Send If-None-Match with the ETag you have: an answer that did not change costs nothing. "
    "Whoever keeps copies asks /changes, and removes what is gone."
)
_ID = {"type": "string", "pattern": "^[a-z2-7]{12}$"}
_HEADERS: Mapping[str, Any] = {
    "ETag": {"description": "Send it back as If-None-Match.", "schema": {"type": "string"}},
    "Link": {"description": 'rel="next": what follows.', "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "How often one network may ask.", "schema": {"type": "string"}},
    "RateLimit": {"description": "How many requests are left.", "schema": {"type": "string"}},
    "Retry-After": {"description": "After how many seconds.", "schema": {"type": "integer"}},
}


def describe(settings: Settings) -> dict[str, Any]:
    """Give the whole description, of all campaigns of this installation."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Engaged: what the campaigns show",
            "version": "1.0.0",
            "description": _ABOUT,
        },
        "servers": [{"url": settings.public_url}],
        "security": [],
        "paths": {each.path: _path(each, settings.campaigns) for each in RESOURCES},
        "components": {
            "schemas": {**SCHEMAS, "Problem": _problem()},
            "headers": dict(_HEADERS),
            "responses": {
                f"problem-{status}": _refusal(status, settings.public_url)
                for status in sorted({sort.status for sort in SORTS})
            },
        },
        "x-problems": {sort.name: _in_words(sort, settings.public_url) for sort in SORTS},
    }


def _path(resource: Resource, campaigns: tuple[Campaign, ...]) -> dict[str, Any]:
    slugs = [campaign.slug for campaign in campaigns]
    fixed = [_in_path("campaign", "Which campaign.", {"type": "string", "enum": slugs})]
    if resource.is_one:
        fixed.append(_in_path("id", "The post's id.", _ID))
    return {"parameters": fixed, "get": _operation(resource)}


def _in_path(name: str, about: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def _operation(resource: Resource) -> dict[str, Any]:
    refusals = [400, 404, 405, 429, 500, 503, *([410] if resource.is_one else [])]
    return {
        "operationId": f"{resource.name}-one" if resource.is_one else resource.name,
        "summary": resource.summary,
        "description": resource.about,
        "parameters": [_in_query(each) for each in resource.parameters],
        "responses": {
            "200": _success(resource),
            "304": {"description": "You have it: nothing changed since that ETag."},
            **{str(status): _to(f"responses/problem-{status}") for status in sorted(refusals)},
        },
    }


def _success(resource: Resource) -> dict[str, Any]:
    names = ("ETag", "Link", "RateLimit-Policy", "RateLimit")
    return {
        "description": resource.summary,
        "headers": {name: _to(f"headers/{name}") for name in names},
        "content": {"application/json": {"schema": resource.schema}},
    }


def _in_query(parameter: Parameter) -> dict[str, Any]:
    schema: Mapping[str, Any] = parameter.schema
    if parameter.is_list:
        schema = {"type": "array", "items": schema, "maxItems": 10, "uniqueItems": True}
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": f"{parameter.about} It must be {parameter.allowed}.",
        "schema": schema,
    }


def _refusal(status: int, public_url: str) -> dict[str, Any]:
    """Describe the answer of one status, with an example of each sort of problem it is given for."""
    sorts = [sort for sort in SORTS if sort.status == status]
    examples = {
        sort.name: {"value": {**_in_words(sort, public_url), "detail": sort.about}} for sort in sorts
    }
    content = {CONTENT_TYPE: {"schema": _to("schemas/Problem"), "examples": examples}}
    answer = {"description": "; ".join(sort.title for sort in sorts), "content": content}
    if status in (429, 503):
        return {**answer, "headers": {"Retry-After": _to("headers/Retry-After")}}
    return answer


def _in_words(sort: Sort, public_url: str) -> dict[str, Any]:
    return {"type": type_of(sort, public_url), "title": sort.title, "status": sort.status}


def _problem() -> dict[str, Any]:
    members = {
        "type": text("Names the sort of problem, and leads to where it is described.", format="uri"),
        "title": text("The sort of problem in words, always the same."),
        "status": number("The status of the answer."),
        "detail": text("What is wrong with this request, and what to do."),
        "param": text("The parameter that it is about."),
        "id": text("Of a post that is no longer shown."),
        "since": text("Since when it is no longer shown.", format="date-time"),
    }
    return {
        "type": "object",
        "description": "Why there is no answer. Source: RFC 9457.",
        "properties": members,
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
    }


def _to(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{name}"}
