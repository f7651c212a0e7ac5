"""config.yaml: what is read, and that every mistake is told at once, with its place and a way out."""
# ruff: noqa: E501  # a table of cases is read by its columns: one case, one line

from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from aggregator.errors import Mistake, SettingsError
from aggregator.reading import json_schema, read
from aggregator.settings import DEFAULT_VIEWS, RESERVED, Campaign, Frozen, Settings, View, WebAddress


class Options(Frozen):
    """A kind with an address, a secret and a number."""

    url: WebAddress
    token: str = ""
    depth: int = Field(3, ge=1, le=5)


KINDS = {"feed": Options}
LAYOUTS = ("featured", "grid")
LEAST = "campaigns: [{slug: tea, name: Tea}]\n"


def settings(text: str, **environ: str) -> Settings:
    return read(text, path="config.yaml", environ=environ, kinds=KINDS, layouts=LAYOUTS)


def mistakes(text: str, **environ: str) -> tuple[Mistake, ...]:
    with pytest.raises(SettingsError) as caught:
        settings(text, **environ)
    return caught.value.mistakes


def only(text: str, **environ: str) -> Mistake:
    (mistake,) = mistakes(text, **environ)
    return mistake


def campaign(more: str) -> str:
    return f"campaigns:\n  - slug: tea\n    name: Tea\n    {more}\n"


def source(more: str) -> str:
    return campaign(f"sources: [{{name: blog, kind: feed, {more}}}]")


def test_slug_and_name_are_enough() -> None:
    read_settings = settings(LEAST)

    assert read_settings.public_url == "http://localhost:8000"
    assert read_settings.database == "sqlite:///var/engaged.db"
    assert read_settings.campaigns == (Campaign(slug="tea", name="Tea"),)


def test_options_stand_flat_beside_the_common_keys() -> None:
    found = (
        settings(source("url: 'https://blog.example/feed/', every: 5m, depth: 2"))
        .campaigns[0]
        .sources[0]
    )

    assert found.every == timedelta(minutes=5)
    assert found.options == Options(url="https://blog.example/feed/", depth=2)


def test_everything_is_typed_and_frozen() -> None:
    read_settings = settings(
        "network: {allow_addresses: [127.0.0.1, 10.0.0.0/8], hosts: {'localhost:8630': {at_once: 8, pause: 0s}}}\n"
        + campaign("starts: 2026-09-01\n    timezone: America/New_York\n    hashtags: ['#Tea']")
    )
    found = read_settings.campaigns[0]

    assert read_settings.network.allow_addresses == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    assert read_settings.network.hosts["localhost:8630"].pause == timedelta(0)
    assert (found.starts, found.hashtags) == (date(2026, 9, 1), ("Tea",))
    assert found.starts_at == datetime(2026, 9, 1, 4, tzinfo=UTC)
    with pytest.raises(ValidationError):
        found.name = "Coffee"  # type: ignore[misc]  # the point of this line


def test_a_key_above_nothing_counts_as_not_written() -> None:
    assert settings(campaign("sources:\n      # none yet")).campaigns[0].sources == ()


def test_views_are_featured_and_wall_when_none_are_given() -> None:
    assert settings(LEAST).campaigns[0].shown_views == DEFAULT_VIEWS
    named = settings(campaign("views: {kiosk: {layout: grid}}")).campaigns[0]
    assert named.shown_views == {"kiosk": View(layout="grid")}


def test_all_mistakes_are_told_together_in_the_order_of_the_lines() -> None:
    found = mistakes(
        "public_url: nowhere\n"
        "campaigns:\n"
        "  - slug: Tea Time\n"
        "    name: Tea\n"
        "    starts: 2026-13-01\n"
        "    sources:\n"
        "      - {name: a, kind: feed, url: 'https://a.example', depth: 9}\n"
        "      - {name: a, kind: fed}\n"
        "      - just text\n"
    )

    assert [(mistake.line, mistake.place) for mistake in found] == [
        (1, "public_url"),
        (3, "campaigns[0].slug"),
        (5, "campaigns[0].starts"),
        (7, "campaigns[0].sources[0].depth"),
        (8, "campaigns[0].sources[1].name"),
        (8, "campaigns[0].sources[1].kind"),
        (9, "campaigns[0].sources[2]"),
    ]


def test_a_mistake_says_place_value_problem_and_a_good_value() -> None:
    with pytest.raises(SettingsError) as caught:
        settings(campaign("timezone: Atlantis/Capital"))

    assert str(caught.value) == (
        "config.yaml:4: campaigns[0].timezone: is no time zone: zones are named by continent and city "
        "(found Atlantis/Capital). For example: America/New_York"
    )


# What stands in the file, where the mistake is, and a piece of what is said about it.
MISTAKES = {
    "empty file": ("", "the file", "is empty"),
    "only comments": ("# nothing\n", "the file", "is empty"),
    "a list": ("[]", "the file", "must hold keys with values"),
    "a word": ("hello", "the file", "must hold keys with values"),
    "no campaign": ("campaigns: []", "campaigns", "must hold at least 1"),
    "campaigns as text": ("campaigns: tea", "campaigns", "must be a list"),
    "campaign as text": ("campaigns: [tea]", "campaigns[0]", "must hold keys with values"),
    "slug missing": ("campaigns: [{name: Tea}]", "campaigns[0].slug", "is missing"),
    "slug empty": ("campaigns: [{slug: '', name: Tea}]", "campaigns[0].slug", "may hold"),
    "reserved slug": ("campaigns: [{slug: moderate, name: Tea}]", "campaigns[0].slug", "is reserved"),
    "name is a number": ("campaigns: [{slug: tea, name: 5}]", "campaigns[0].name", "put quotes around it"),
    "Norway": (campaign("languages: [no]"), "campaigns[0].languages[0]", "put quotes around it"),
    "unknown key": (LEAST + "databse: x", "databse", "did you mean database?"),
    "far-off key": (LEAST + "colour: red", "colour", "the keys here are campaigns, database"),
    "unknown key inside": (campaign("policy: {on_edti: hide}"), "campaigns[0].policy.on_edti", "on_edit?"),
    "unknown option": (source("url: 'https://a.example', dept: 2"), "campaigns[0].sources[0].dept", "depth?"),
    "unknown common key": (source("url: 'https://a.example', evry: 5m"), "campaigns[0].sources[0].evry", "every?"),
    "derived key": (source("url: 'https://a.example', waiting_for: []"), "campaigns[0].sources[0].waiting_for", "no key"),
    "derived key of mail": (LEAST + "mail: {waiting_for: [A]}", "mail.waiting_for", "no key"),
    "option missing": (source("depth: 2"), "campaigns[0].sources[0].url", "is missing"),
    "kind missing": (campaign("sources: [{name: blog}]"), "campaigns[0].sources[0].kind", "is missing"),
    "kind unknown": (campaign("sources: [{name: blog, kind: fed}]"), "campaigns[0].sources[0].kind", "there are: feed"),
    "sources as text": (campaign("sources: feed"), "campaigns[0].sources", "must be a list"),
    "source as nothing": (campaign("sources: [~]"), "campaigns[0].sources[0]", "must hold keys with values"),
    "too often": (source("url: 'https://a.example', every: 0s"), "campaigns[0].sources[0].every", "1s to 1d"),
    "no unit": (source("url: 'https://a.example', every: 300"), "campaigns[0].sources[0].every", "no length of time"),
    "endless time": (source("url: 'https://a.example', every: 99999999d"), "campaigns[0].sources[0].every", "1s to 1d"),
    "layout unknown": (campaign("views: {x: {layout: grd}}"), "campaigns[0].views.x.layout", "there are: featured, grid"),
    "view's name": (campaign("views: {'My View': {layout: grid}}"), 'campaigns[0].views["My View"]', "as a name, may hold"),
    "one of few": (campaign("policy: {on_edit: perhaps}"), "campaigns[0].policy.on_edit", "must be one of 'hide' or 'keep'"),
    "no such hour": (campaign("highlights: {draft: monday 25:00}"), "campaigns[0].highlights.draft", "no day of the week"),
    "contact": (campaign("contact: the desk"), "campaigns[0].contact", "no mail address"),
    "year one": (campaign("starts: 0001-01-01"), "campaigns[0].starts", "at least 1990-01-01"),
    "an hour too much": (campaign("starts: 2026-09-01 10:00:00"), "campaigns[0].starts", "without an hour"),
    "address path": (LEAST + "public_url: https://a.example/wall", "public_url", "nothing after it"),
    "address port": (LEAST + "public_url: 'https://a.example:99999'", "public_url", "no web address"),
    "memory database": (LEAST + "database: 'sqlite:///:memory:'", "database", "name of a file"),
    "network": (LEAST + "network: {allow_addresses: [10]}", "network.allow_addresses[0]", "no address"),
    "host pace": (LEAST + "network: {hosts: {'a:1': {at_once: 0}}}", 'network.hosts["a:1"].at_once', "at least 1"),
    "host key": (LEAST + "network: {hosts: {'a b:1': {at_once: 2}}}", 'network.hosts["a b:1"]', "no name of a host"),
    "a key twice": (LEAST + "retention: {raw_days: 1, raw_days: 2}", "retention.raw_days", "again in line 2"),
    "two slugs": ("campaigns: [{slug: tea, name: A}, {slug: tea, name: B}]", "campaigns[1].slug", "two campaigns"),
    "no such day": (campaign("starts: 2026-02-30"), "campaigns[0].starts", "number or a date and is none"),
    "unseen character": (campaign('about: "a\\u202Eb"'), "campaigns[0].about", "cannot be seen"),
    "half a character": (campaign('about: "\\ud800"'), "campaigns[0].about", "cannot be seen"),
    "a tag": (campaign("about: !!python/name:os.system x"), "campaigns[0].about", "take the tag away"),
    "key of a list": ("? [a]\n: b\n" + LEAST, "the file", "a key that is no plain text"),
    "a bell": ("a: \a", "line 1, column 4", "cannot be seen"),
    "a tab": ("campaigns:\n\t- slug: tea", "line 2, column 1", "a tab stands where spaces are needed"),
    "a colon": ("name: a: b", "line 1, column 8", "needs quotes around it"),
    "never closed": ("campaigns: [", "line 1, column 13", "bracket"),
    "an alias": ("a: &x [*x]", "line 1, column 8", "an alias"),
    "too deep": ("[" * 5000, "line 1, column 31", "nested too deeply"),
    "two documents": ("a: 1\n---\nb: 2", "line 2, column 1", "only one document"),
    "out of range": ('"\\UFFFFFFFF"', "line 1, column 4", "out of range"),
    "too long": ("#" * 1_000_001, "the file", "at most 1,000,000 characters"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "place", "words"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_has_its_place_and_plain_words(text: str, place: str, words: str) -> None:
    found = {mistake.place: mistake for mistake in mistakes(text)}

    assert words in found[place].problem
    assert len(found) == 1


@pytest.mark.parametrize("text", [case[0] for case in MISTAKES.values()], ids=MISTAKES)
def test_nobody_is_called_invalid(text: str) -> None:
    said = "\n".join(str(mistake) for mistake in mistakes(text)).casefold()

    assert not any(word in said for word in ("invalid", "illegal", "failed", "pydantic", "none type"))


@pytest.mark.parametrize("text", [case[0] for case in MISTAKES.values()], ids=MISTAKES)
def test_what_is_printed_stays_on_its_line(text: str) -> None:
    for mistake in mistakes(text):
        assert fits_a_line(str(mistake))


@pytest.mark.parametrize("slug", sorted(RESERVED - {"robots.txt"}))
def test_the_programs_own_addresses_are_no_slugs(slug: str) -> None:
    assert "is reserved" in only(f"campaigns: [{{slug: {slug}, name: Tea}}]").problem


def test_a_secret_is_filled_in_from_the_environment() -> None:
    found = settings(
        source("url: 'https://${HOST}/feed', token: '${TOKEN}'"), HOST="a.example", TOKEN="s3cret"
    )

    assert found.campaigns[0].sources[0].options == Options(url="https://a.example/feed", token="s3cret")
    assert found.campaigns[0].sources[0].waiting_for == ()


def test_a_source_waits_for_what_is_not_set() -> None:
    found = (
        settings(source("url: '${HOST}/${PATH_OF_FEED}', token: '${TOKEN}'"), TOKEN="")
        .campaigns[0]
        .sources[0]
    )

    assert found.waiting_for == ("HOST", "PATH_OF_FEED", "TOKEN")
    assert found.options is None


def test_what_is_wrong_besides_the_waiting_is_still_told() -> None:
    assert only(source("url: '${HOST}', depth: 9")).place == "campaigns[0].sources[0].depth"


def test_no_key_of_the_mail_is_printed() -> None:
    keys = "imap: 'imaps://a:hunter2@mail.example/INBOX', bounce_key: hunter2, dkim_key: hunter2"
    assert "hunter2" not in repr(settings(LEAST + f"mail: {{{keys}}}"))


def test_mail_waits_for_what_is_not_set() -> None:
    assert settings(LEAST + "mail: {smtp: '${SMTP_URL}'}").mail.waiting_for == ("SMTP_URL",)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (LEAST + "database: ${DATABASE}", "database"),
        (LEAST + "public_url: 'https://${HOST}'", "public_url"),
        ("campaigns: [{slug: tea, name: '${TITLE}'}]", "campaigns[0].name"),
        (campaign("sources: [{name: '${TITLE}', kind: feed, url: 'https://a.example'}]"), "campaigns[0].sources[0].name"),
    ],
)  # fmt: skip
def test_what_cannot_wait_must_be_set(text: str, place: str) -> None:
    mistake = only(text)

    assert mistake.place == place
    assert "is not set in the environment" in mistake.problem


@pytest.mark.parametrize(
    "text",
    [
        LEAST + "database: mysql://me:hunter2@db.example/x",
        LEAST + "database: ${DATABASE}",
        LEAST + "mail: {smtp: {a: hunter2}}",
        LEAST + "smtp_password: hunter2",
        source("url: 'https://a.example/', token: [hunter2]"),
        source("url: 'ftp://a.example/?token=hunter2'"),
        "token: hunter2: x",
    ],
)
def test_a_secret_is_never_shown(text: str) -> None:
    said = "\n".join(
        str(mistake) for mistake in mistakes(text, DATABASE="mysql://me:hunter2@db.example/x")
    )

    assert "hunter2" not in said


def test_sources_of_one_name_are_fine_in_two_campaigns() -> None:
    entry = "sources: [{name: blog, kind: feed, url: 'https://a.example/'}]"
    found = settings(f"campaigns: [{{slug: a, name: A, {entry}}}, {{slug: b, name: B, {entry}}}]")

    assert [found.source("blog") is not None for found in found.campaigns] == [True, True]


def test_the_json_schema_knows_each_kinds_options_and_the_layouts() -> None:
    schema = json_schema(KINDS, LAYOUTS)
    (feed,) = schema["$defs"]["Source"]["oneOf"]

    assert feed["properties"]["kind"]["const"] == "feed"
    assert {"name", "kind", "every", "url", "depth"} <= feed["properties"].keys()
    assert feed["required"] == ["name", "kind", "url"]
    assert not {"options", "waiting_for"} & feed["properties"].keys()
    assert schema["$defs"]["View"]["properties"]["layout"]["enum"] == ["featured", "grid"]


def test_every_reference_in_the_json_schema_leads_somewhere() -> None:
    schema = json_schema(KINDS, LAYOUTS)

    assert {name.removeprefix("#/$defs/") for name in references(schema)} <= schema["$defs"].keys()


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*(references(entry) for entry in part))
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(entry) for entry in part.values()))
    return set()


def known_keys(part: Any) -> set[str]:
    own = set(part.get("properties", {})) if isinstance(part, dict) else set()
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return own.union(*(known_keys(entry) for entry in inner))


KEYS = sorted(known_keys(json_schema(KINDS, LAYOUTS)))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.binary()
    | st.sampled_from(
        ["feed", "grid", "${HOME}", "${", "5m", "9e999d", "https://[", "no", "-0", "1e400"]
    )
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text() | st.integers(), inner, max_size=5)
    ),
    max_leaves=25,
)
CAMPAIGNS = st.fixed_dictionaries({}, optional=dict.fromkeys(Campaign.model_fields, TREES))
NEARLY = st.fixed_dictionaries({"campaigns": st.lists(CAMPAIGNS, max_size=2)}, optional={"mail": TREES})


@given(TREES | NEARLY)
def test_no_tree_of_values_raises_anything_else(tree: Any) -> None:
    reads_or_refuses(yaml.safe_dump(tree, allow_unicode=True))


@given(st.text() | st.text(alphabet="{}[]:,-&*!|>'\"%@`#?\n\t ~ab0.\\ux<="))
def test_no_text_raises_anything_else(text: str) -> None:
    reads_or_refuses(text)


def reads_or_refuses(text: str) -> None:
    """Nothing but SettingsError may come; its words fit on a line each."""
    refused: tuple[Mistake, ...] = ()
    try:
        settings(text, HOME="nowhere")
    except SettingsError as error:
        refused = error.mistakes or (Mistake("", "", "\n"),)
    assert all(fits_a_line(str(mistake)) for mistake in refused)


def fits_a_line(words: str) -> bool:
    return words.replace("\u200c", "").replace("\u200d", "").isprintable()
