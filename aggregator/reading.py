"""config.yaml to Settings, or every mistake in it at once.

Which kinds of source and which layouts exist is handed in. Reads no file and no environment itself.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aggregator.errors import Mistake, SettingsError
from aggregator.mistakes import Schema, example_of, explain, schema_at, unknown_key
from aggregator.settings import Mail, Settings, Source, Webhook
from aggregator.written import Place, Written, parse, value_at

SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
Model = TypeVar("Model", bound=BaseModel)
Unset = dict[Place, tuple[str, ...]]
"""By place: the environment variables that are named there and are not set."""

_SHARED = tuple(Source.model_json_schema()["properties"])  # the keys that every kind of source has


def read(
    text: str,
    *,
    path: str,
    environ: Mapping[str, str],
    kinds: Mapping[str, type[BaseModel]],
    layouts: Collection[str],
) -> Settings:
    """Read config.yaml.

    Args:
        path: what the file is called in messages.
        environ: where `${NAME}` comes from; a value that is empty counts as not set.
        kinds: the Options of each kind of source.

    Returns:
        Settings in which `${NAME}` is filled in. A source whose options name something that is not
        set has no options and says in `waiting_for` what it waits for.

    Raises:
        SettingsError: with every mistake of the file, in the order of its lines.
    """
    written = parse(text)
    schema = json_schema(kinds, layouts)
    if not isinstance(written.tree, dict):
        raise SettingsError(path, written.mistakes or [_not_a_campaign(written, schema)])
    unset: Unset = {}
    tree = _filled(written.tree, (), environ, unset)
    sources = _Sources(written, schema, kinds, unset)
    found = [*written.mistakes, *_unset_for_good(written, unset)]
    found += [*_repeated(written), *_unknown_layouts(written, layouts)]
    found += [*sources.put_into(tree), *_mail_waiting(written, unset, tree)]
    found += _webhooks_waiting(written, unset, tree)
    settings, errors = _validated(Settings, tree)
    found += explain(errors, written, schema)
    if found or settings is None:
        raise SettingsError(path, _in_order(found))
    return settings


def json_schema(kinds: Mapping[str, type[BaseModel]], layouts: Collection[str]) -> dict[str, Any]:
    """Give the JSON schema of config.yaml, for editors that complete and check it while one types."""
    schema = Settings.model_json_schema()
    parts = schema["$defs"]
    common = parts["Source"]
    parts["View"]["properties"]["layout"]["enum"] = sorted(layouts)
    forms = []
    for kind, options in sorted(kinds.items()):
        own = options.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}")
        parts.update({f"{kind}.{name}": part for name, part in own.pop("$defs", {}).items()})
        forms.append(_with_options(common, kind, own))
    if forms:
        parts["Source"] = {"description": common["description"], "oneOf": forms}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "config.yaml"}


def _with_options(common: Schema, kind: str, options: Schema) -> dict[str, Any]:
    named = {"const": kind, "description": options.get("description", "")}
    return {
        "title": kind,
        "type": "object",
        "properties": {**common["properties"], **options.get("properties", {}), "kind": named},
        "required": [*common["required"], *options.get("required", ())],
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class _Sources:
    """Makes a Source of each entry: its options stand flat in the file and belong to its kind."""

    written: Written
    schema: Schema
    kinds: Mapping[str, type[BaseModel]]
    unset: Unset
    found: list[Mistake] = field(default_factory=list)

    def put_into(self, tree: Any) -> list[Mistake]:
        """Replace each entry by its Source, take out those that cannot be one, and say why."""
        for campaign in _entries(self.written, ("campaigns",)):
            places = list(_entries(self.written, (*campaign, "sources")))
            sources = [self._source(value_at(tree, place), place) for place in places]
            if places:
                value_at(tree, campaign)["sources"] = [source for source in sources if source]
        return self.found

    def _source(self, values: Any, place: Place) -> Source | None:
        group = schema_at(self.schema, place)
        if not isinstance(values, dict):
            example = example_of(group, self.schema)
            self.found.append(self.written.mistake(place, "must hold keys with values", example))
            return None
        shared = {key: value for key, value in values.items() if key in _SHARED}
        own = {key: value for key, value in values.items() if key not in _SHARED}
        waiting_for = _names(self.unset, [(*place, key) for key in own])
        options = self._options(values.get("kind"), own, place)
        made = {"options": None if waiting_for else options, "waiting_for": waiting_for}
        source, errors = _validated(Source, {**shared, **made})
        self.found.extend(explain(errors, self.written, group, place))
        return source

    def _options(self, kind: object, values: dict[str, Any], place: Place) -> BaseModel | None:
        if not isinstance(kind, str):
            return None  # Source itself says so
        if (model := self.kinds.get(kind)) is None:
            self.found.append(_not_among(self.written, (*place, "kind"), "kind of source", self.kinds))
            return None
        schema = _schema_of(model)
        keys = schema.get("properties", {})
        for unknown in values.keys() - keys.keys():
            self.found.append(unknown_key(self.written, (*place, unknown), [*_SHARED, *keys]))
        options, errors = _validated(model, {key: value for key, value in values.items() if key in keys})
        judged = [error for error in errors if not self._is_waited_for((*place, *error["loc"][:1]))]
        self.found.extend(explain(judged, self.written, schema, place))
        return options

    def _is_waited_for(self, place: Place) -> bool:
        """What is wrong with a value that is not there yet will be seen when it is there."""
        return bool(_names(self.unset, [place]))


@cache
def _schema_of(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _not_a_campaign(written: Written, schema: Schema) -> Mistake:
    problem = "must hold keys with values" if written.lines else "is empty"
    return written.mistake((), problem, example_of(schema, schema))


def _filled(value: Any, place: Place, environ: Mapping[str, str], unset: Unset) -> Any:
    """Give a copy with `${NAME}` filled in, and note by place what is not set."""
    if isinstance(value, dict):
        return {key: _filled(inner, (*place, key), environ, unset) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, (*place, index), environ, unset) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    if missing := [name for name in SECRET.findall(value) if not environ.get(name)]:
        unset[place] = tuple(missing)
    return SECRET.sub(lambda found: environ.get(found[1], ""), value)


def _names(unset: Unset, places: Collection[Place]) -> tuple[str, ...]:
    """Give the names that are not set at these places or anywhere inside them, each once."""
    inside = (names for at, names in unset.items() if any(at[: len(place)] == place for place in places))
    return tuple(dict.fromkeys(name for names in inside for name in names))


def _mail_waiting(written: Written, unset: Unset, tree: dict[str, Any]) -> list[Mistake]:
    """Let the mail wait for what is not set, as a source does."""
    mail = tree.get("mail")
    if not isinstance(mail, dict):
        return []
    if "waiting_for" in mail:
        return [unknown_key(written, ("mail", "waiting_for"), Mail.model_json_schema()["properties"])]
    mail["waiting_for"] = _names(unset, [("mail",)])
    return []


def _webhooks_waiting(written: Written, unset: Unset, tree: dict[str, Any]) -> Iterator[Mistake]:
    """Let a webhook wait for its secret. Until then a stand-in takes its place, which signs nothing."""
    for campaign in _entries(written, ("campaigns",)):
        for place in _entries(written, (*campaign, "webhooks")):
            hook = value_at(tree, place)
            if not isinstance(hook, dict):
                continue
            if "waiting_for" in hook:
                known = Webhook.model_json_schema()["properties"]
                yield unknown_key(written, (*place, "waiting_for"), known)
            hook["waiting_for"] = _names(unset, [(*place, "secret")])
            if hook["waiting_for"]:
                hook["secret"] = "unset"  # noqa: S105 - the stand-in


def _unset_for_good(written: Written, unset: Unset) -> list[Mistake]:
    """What only a source's options, the mail and a webhook can wait for is a mistake anywhere else."""
    return [
        written.mistake(place, f"{names[0]} is not set in the environment, or is empty")
        for place, names in unset.items()
        if not _can_wait(place)
    ]


def _can_wait(place: Place) -> bool:
    in_source = len(place) > 4 and place[0] == "campaigns" and place[2] == "sources"
    is_secret = len(place) == 5 and place[2] == "webhooks" and place[4] == "secret"
    return place[0] == "mail" or is_secret or (in_source and place[4] not in _SHARED)


def _repeated(written: Written) -> Iterator[Mistake]:
    """Find two campaigns of one slug, and two sources or webhooks of one name within a campaign."""
    yield from _twice(written, ("campaigns",), "slug", "two campaigns have this slug")
    for campaign in _entries(written, ("campaigns",)):
        yield from _twice(written, (*campaign, "sources"), "name", "two sources have this name")
        yield from _twice(written, (*campaign, "webhooks"), "name", "two webhooks have this name")


def _twice(written: Written, group: Place, key: str, problem: str) -> Iterator[Mistake]:
    seen = set()
    for entry in _entries(written, group):
        name = written.value_at((*entry, key))
        if isinstance(name, str) and name in seen:
            yield written.mistake((*entry, key), problem, f"{name}-2")
        seen.add(str(name))


def _unknown_layouts(written: Written, layouts: Collection[str]) -> Iterator[Mistake]:
    for campaign in _entries(written, ("campaigns",)):
        views = written.value_at((*campaign, "views"))
        for name in views if isinstance(views, dict) else ():
            place = (*campaign, "views", name, "layout")
            layout = written.value_at(place)
            if isinstance(layout, str) and layout not in layouts:
                yield _not_among(written, place, "layout", layouts)


def _not_among(written: Written, place: Place, what: str, known: Collection[str]) -> Mistake:
    names = sorted(known)
    return written.mistake(
        place, f"is no {what}; there are: {', '.join(names)}", names[0] if names else ""
    )


def _entries(written: Written, group: Place) -> Iterator[Place]:
    entries = written.value_at(group)
    yield from ((*group, index) for index in range(len(entries) if isinstance(entries, list) else 0))


def _validated(model: type[Model], values: Any) -> tuple[Model | None, list[ErrorDetails]]:
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _in_order(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Give them by line; of several about one place only the first, since the others follow from it."""
    by_place: dict[str, Mistake] = {}
    for mistake in mistakes:
        by_place.setdefault(mistake.place, mistake)
    return sorted(by_place.values(), key=lambda mistake: mistake.line or 0)
