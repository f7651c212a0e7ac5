"""What a user can name is documented: settings, kinds, rules, layouts, addresses, commands."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aggregator.screen import RULES, name_of
from engaged import configure
from engaged.cli import parser
from feeds.addresses import PATTERNS

ROOT = Path(__file__).resolve().parent.parent
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`[^`\n]+`")


def code_in_docs() -> str:
    """Give all that stands as code in README.md and docs/*.md: meant as a name, not as a word."""
    texts = [file.read_text() for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]]
    return "\n".join(
        piece for text in texts for piece in (*_FENCED.findall(text), *_INLINE.findall(text))
    )


def missing(names: Iterable[str]) -> list[str]:
    code = code_in_docs()
    return sorted(
        name for name in set(names) if not re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w-])", code)
    )


def keys_of(part: Any) -> set[str]:
    """Give every key that a JSON schema knows, at whatever depth."""
    if isinstance(part, list):
        return set().union(*(keys_of(entry) for entry in part))
    if not isinstance(part, dict):
        return set()
    own = set(part.get("properties", {}))
    return own.union(*(keys_of(entry) for entry in part.values()))


def test_every_setting_is_documented() -> None:
    assert missing(keys_of(configure.schema())) == []


def test_every_kind_of_source_is_documented() -> None:
    assert missing(configure.kinds()) == []


def test_every_rule_is_documented() -> None:
    assert missing(name_of(rule) for rule in RULES) == []


def test_every_layout_is_documented() -> None:
    assert missing(configure.layouts()) == []


def test_every_address_is_documented() -> None:
    public = {as_documented(pattern) for pattern in PATTERNS.values()}

    assert missing(public | {"/robots.txt", "/healthz", "/readyz"}) == []


def as_documented(pattern: str) -> str:
    """The docs write C for a campaign, V for a view, ID for an item, N for an edition."""
    named = {"/p/": "ID", "/f/": "ID", "/og/": "ID", "/ics/": "ID", "/highlights/": "N"}
    name = next((short for part, short in named.items() if part in pattern), "V")
    return pattern.replace("{campaign}", "C").replace("{name}", name)


def test_every_command_is_documented() -> None:
    (commands,) = (action.choices for action in parser()._actions if action.choices)

    assert missing(f"engaged {name}" for name in commands or ()) == []


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert (
        missing(f"make {target}" for line in targets for target in line.split() if target != "help")
        == []
    )


def test_links_between_our_documents_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []
