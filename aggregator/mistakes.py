"""A mistake in config.yaml in plain words with a value that would do, out of what pydantic found.

The JSON schema of the settings is the one description of what would do: suggestions and examples
are read from it, so that a new setting needs no words here.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic_core import ErrorDetails

from aggregator.errors import Mistake
from aggregator.written import Place, Written

Schema = Mapping[str, Any]

_ANY_NUMBER = "must be a whole number"
_ANY_LIST = "must be a list: [one, two], or one line each that begins with a hyphen"
_ANY_GROUP = "must hold keys with values"
_ANY_DATE = "must be a day: year-month-day"
_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "int_type": _ANY_NUMBER,
    "int_parsing": _ANY_NUMBER,
    "int_parsing_size": _ANY_NUMBER,
    "int_from_float": _ANY_NUMBER,
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "date_type": _ANY_DATE,
    "date_parsing": _ANY_DATE,
    "date_from_datetime_parsing": _ANY_DATE,
    "date_from_datetime_inexact": _ANY_DATE + ", without an hour",
    "tuple_type": _ANY_LIST,
    "list_type": _ANY_LIST,
    "set_type": _ANY_LIST,
    "frozen_set_type": _ANY_LIST,
    "dict_type": _ANY_GROUP,
    "model_type": _ANY_GROUP,
    "model_attributes_type": _ANY_GROUP,
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "too_short": "must hold at least {min_length}",
    "too_long": "must hold at most {max_length}",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "is not written as it must be",
    "value_error": "{error}",
    "assertion_error": "{error}",
}


def explain(
    errors: Iterable[ErrorDetails], written: Written, schema: Schema, at: Place = ()
) -> list[Mistake]:
    """Give one mistake for each error that pydantic found in the part of the file at `at`.

    Args:
        schema: what describes that part.
    """
    return [_explain(error, written, schema, at) for error in errors if not _follows(error, written, at)]


def unknown_key(written: Written, place: Place, known: Iterable[str]) -> Mistake:
    """Say that a key is not known here, and which one was probably meant."""
    key, keys = str(place[-1]), sorted(known)
    alike = get_close_matches(key.casefold().replace("-", "_"), keys, n=1)
    meant = f"did you mean {alike[0]}?" if alike else f"the keys here are {', '.join(keys)}"
    return written.mistake(place, f"is no key that is known here; {meant}", value=key)


def example_of(schema: Schema, root: Schema) -> str:
    """Give a value that the schema would take, as one would type it into the file."""
    value = _example(schema, root)
    typed: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=1000, sort_keys=False
    )
    return typed.removesuffix("\n").removesuffix("...").strip()


def schema_at(schema: Schema, place: Place) -> Schema:
    """Give the part of a schema that describes a place; an empty one when nothing does."""
    node = _resolved(schema, schema)
    for part in place:
        inner = node.get("items") if isinstance(part, int) else _property(node, part)
        node = _resolved(inner or {}, schema)
    return node


def _follows(error: ErrorDetails, written: Written, at: Place) -> bool:
    """A list is too short for pydantic when its entries have mistakes, which are told themselves."""
    return error["type"] == "too_short" and bool(written.value_at((*at, *error["loc"])))


def _explain(error: ErrorDetails, written: Written, schema: Schema, at: Place) -> Mistake:
    inside = tuple(part for part in error["loc"] if part != "[key]")
    place = (*at, *inside)
    if error["type"] == "extra_forbidden":
        known = schema_at(schema, inside[:-1]).get("properties", {})
        return unknown_key(written, place, known)
    if "[key]" in error["loc"]:
        return written.mistake(place, f"as a name, {_problem(error)}", value=str(inside[-1]))
    return written.mistake(place, _problem(error), example_of(schema_at(schema, inside), schema))


def _problem(error: ErrorDetails) -> str:
    kind, facts = error["type"], error.get("ctx", {})
    if kind == "string_type":
        single = not isinstance(error["input"], (dict, list))
        return "must be text: put quotes around it" if single else "must be text"
    if kind == "string_too_short":
        return (
            "is empty"
            if facts["min_length"] == 1
            else f"must have at least {facts['min_length']} characters"
        )
    words = _WORDS.get(kind)
    return words.format(**facts) if words else "is not what can stand here"


def _property(node: Schema, name: str) -> Any:
    named = node.get("properties", {}).get(name)
    if named is not None:
        return named
    return next(iter(node.get("patternProperties", {}).values()), node.get("additionalProperties"))


def _resolved(node: Any, root: Schema) -> Schema:
    """Follow $ref, and take the first of several forms that is not null."""
    if not isinstance(node, Mapping):
        return {}
    forms = [
        form for form in (*node.get("anyOf", ()), *node.get("oneOf", ())) if form.get("type") != "null"
    ]
    if forms:
        return {
            **_resolved(forms[0], root),
            **{key: node[key] for key in node if key not in ("anyOf", "oneOf")},
        }
    if name := node.get("$ref", "").removeprefix("#/$defs/"):
        return {
            **_resolved(root["$defs"][name], root),
            **{key: node[key] for key in node if key != "$ref"},
        }
    return node


def _example(schema: Schema, root: Schema) -> Any:
    node = _resolved(schema, root)
    for example in (*node.get("examples", ()), *node.get("enum", ())):
        if example:
            return example
    if "const" in node or node.get("default"):
        return node.get("const", node.get("default"))
    match node.get("type"):
        case "array":
            return [_example(node.get("items", {}), root)]
        case "object":
            return _example_object(node, root)
        case "integer" | "number":
            return node.get("minimum", 1)
        case "boolean":
            return True
    return "2026-09-01" if node.get("format") == "date" else "some text"


def _example_object(node: Schema, root: Schema) -> Any:
    needed = {key: _example(node["properties"][key], root) for key in node.get("required", ())}
    anything = _property(node, "")
    return {"name": _example(anything, root)} if not needed and isinstance(anything, Mapping) else needed
