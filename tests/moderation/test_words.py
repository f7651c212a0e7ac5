"""Every word on a screen comes from the language file, and what stands there is used."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

import moderation
from aggregator.item import Action, Flag, Kind, State
from aggregator.screen import RULES, name_of
from moderation.actions import REASONS
from moderation.drawing import LOCALES, speech
from moderation.told import REASONED

HERE = Path(moderation.__file__).parent
SAY = speech()
_WHOLE = re.compile(r"""\bsay\(\s*f?["']([a-z0-9-]+)["']""")
_BEGUN = re.compile(r"""\bsay\(\s*f?["']([a-z0-9-]+-)(?:["']\s*~|\{)""")


def sources() -> str:
    files = [*HERE.glob("*.py"), *HERE.glob("templates/*.html")]
    return "\n".join(file.read_text("utf-8") for file in files)


def keys() -> set[str]:
    with (LOCALES / "en.po").open("rb") as file:
        return {str(message.id) for message in read_po(file) if message.id}


def test_every_key_that_a_screen_names_has_words() -> None:
    named = {key for key in _WHOLE.findall(sources()) if not key.endswith("-")}

    assert sorted(named - keys()) == []


def test_every_beginning_of_a_key_leads_to_words() -> None:
    begun = set(_BEGUN.findall(sources()))

    assert [start for start in begun if not any(key.startswith(start) for key in keys())] == []


def test_every_code_that_is_shown_has_words() -> None:
    wanted = [
        *(f"state-{state.value}" for state in State),
        *(f"did-{action.value}" for action in Action),
        *(f"done-{action.value}" for action in Action),
        *(f"flag-{flag.value}" for flag in Flag),
        *(f"flag-{flag.value}-more" for flag in Flag),
        *(f"kind-{kind.value}" for kind in Kind),
        *(f"reason-{code}" for code in REASONS),
        *(f"why-{code}" for code in REASONED),
        *(f"why-{code}-more" for code in REASONED),
    ]

    assert sorted(set(wanted) - keys()) == []


def test_every_rule_that_holds_a_post_says_why() -> None:
    # `objection` stores nothing, so nobody ever reads it beside a post.
    assert {name_of(rule) for rule in RULES} - {"objection"} <= set(REASONED)


def test_nothing_in_the_language_file_is_left_over() -> None:
    text = sources()
    begun = (*_BEGUN.findall(text), "flag-", "state-")  # told.py makes these out of a code
    quoted = set(re.findall(r"""["']([a-z0-9-]+)["']""", text))

    assert [key for key in sorted(keys()) if key not in quoted and not key.startswith(begun)] == []
