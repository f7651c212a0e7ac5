"""config.yaml as it was written: a tree of plain values in which every place knows its line.

YAML is read narrowly on purpose: keys are always text, no anchors, no tags, no key twice. What a
campaign needs is not known here: settings.py judges the tree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from aggregator.errors import Mistake

Place = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top, such as `("campaigns", 0, "slug")`."""

MOST_CHARACTERS = 1_000_000
DEEPEST = 30  # config.yaml needs six; PyYAML recurses, so ten thousand brackets would end the program
LONGEST_SHOWN = 60

_SECRET_KEY = re.compile(r"passw|secret|token|key|credential|smtp|auth|cookie", re.IGNORECASE)
_SECRET_PART = (
    (re.compile(r"//[^/@\s]*@"), "//…@"),
    (re.compile(r"([?&][^=&\s]*(?:token|key|secret|auth|sig|pass)[^=&\s]*=)[^&\s]+", re.I), r"\1…"),
)
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_JOINERS = "\u200c\u200d"  # they shape Persian words and emoji, and do nothing else
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TEXT_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "value", "merge"))
_VALUE_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp")
)
_HINTS = (
    ("'\\t'", "a tab stands where spaces are needed"),
    ("mapping values are not allowed", "a value with a colon and a space in it needs quotes around it"),
    ("cannot start any token", "a value that begins with this sign needs quotes around it"),
    ("could not find expected ':'", "a key needs a colon and a space after it"),
    ("expected ',' or", "a bracket or a comma is missing before this"),
    ("expected the node content", "a value or a closing bracket is missing before this"),
    ("unexpected end of stream", "a quotation mark or a bracket is never closed"),
    ("expected <block end>", "this line is indented differently from its neighbours"),
    ("found another document", "only one document may stand in the file; take the line --- away"),
)


@dataclass(frozen=True)
class Written:
    """What stood in the file.

    Attributes:
        tree: dicts, lists, text, numbers, dates, True and False. A key without a value is left out,
            so that `sources:` above nothing but comments means: no sources.
        lines: the line of each place, from 1.
        literal: each single value as it was typed (`12:00`, which YAML 1.1 takes for 720).
        mistakes: what could not be read; when there is no tree at all, `tree` is None.
    """

    tree: Any = None
    lines: Mapping[Place, int] = field(default_factory=dict)
    literal: Mapping[Place, str] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def value_at(self, place: Place) -> Any:
        """Give the value, or None where the file has nothing."""
        return value_at(self.tree, place)

    def line_at(self, place: Place) -> int | None:
        """Give the line of the place, or of what it stands in when the file does not have it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def mistake(self, place: Place, problem: str, example: str = "", value: str = "") -> Mistake:
        """Give a mistake about a place: with its line, and with what stands there, secrets hidden."""
        return Mistake(
            in_words(place),
            shown(value) if value else self._shown(place),
            problem,
            example,
            self.line_at(place),
        )

    def _shown(self, place: Place) -> str:
        value = self.value_at(place)
        if isinstance(value, dict):
            return "keys with values"
        if isinstance(value, list):
            return "a list"
        literal = self.literal.get(place)
        if literal is None:
            return "nothing"
        return shown(literal, secret=any(_SECRET_KEY.search(str(part)) for part in place))


def parse(text: str) -> Written:
    """Read YAML text. Never raises: what cannot be read is a mistake."""
    if len(text) > MOST_CHARACTERS:
        problem = f"must have at most {MOST_CHARACTERS:,} characters"
        return Written(mistakes=(Mistake("the file", f"{len(text):,}", problem),))
    if odd := _odd_character(text):
        return Written(mistakes=(odd,))
    if quickly := _quickly(text):
        return quickly
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or loader.get_mark()
        return Written(mistakes=(_syntax_mistake(text, mark, str(error.problem)),))
    except (
        ValueError,
        OverflowError,
    ):  # PyYAML lets "\UFFFFFFFF" and `%YAML 1.` with 5,000 digits fall through
        return Written(
            mistakes=(_syntax_mistake(text, loader.get_mark(), "this number is out of range"),)
        )
    return _Reading(loader).read(node) if node else Written()


def _quickly(text: str) -> Written | None:
    """Read a text in which nothing is wrong; None when something is: then the other reader says what."""
    try:
        loader = _QuickLoader(text)
        node = loader.get_single_node()
    except (yaml.YAMLError, ValueError, OverflowError):
        return None
    return _Reading(loader).read(node) if node else None


def value_at(tree: Any, place: Place) -> Any:
    """Give what stands at a place of a tree, or None."""
    for part in place:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def in_words(place: Place) -> str:
    """Give `campaigns[0].sources[2].tag` for a place; unusual keys stand in brackets and quotes."""
    words = ""
    for part in place:
        if isinstance(part, int):
            words += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            words += f".{part}" if words else part
        else:
            words += f'["{shown(part)}"]'
    return words or "the file"


def shown(literal: str, *, secret: bool = False) -> str:
    """Give a value fit for a terminal: short, on one line, unseen characters as escapes, secrets hidden.

    A reference such as `${NAME}` is no secret and is shown whole.
    """
    if secret and "${" not in literal:
        return "a value that is not shown"
    for pattern, stand_in in _SECRET_PART:
        literal = pattern.sub(stand_in, literal)
    if len(literal) > LONGEST_SHOWN:
        literal = literal[: LONGEST_SHOWN - 1] + "…"
    seen = visible(literal)
    return seen if seen.strip() else f'"{seen}"'


def visible(text: str) -> str:
    """Give text that stays on its line and cannot steer a terminal: the unseen becomes an escape."""
    return "".join(
        character if character.isprintable() or character in _JOINERS else _escaped(character)
        for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


class _Bounded(yaml.composer.Composer):
    """PyYAML's composer without aliases, whose expansion has no bound, and with a bound on depth."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]  # mixed into a parser
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="* (an alias) is not read here; write it out", problem_mark=mark
            )
        if self._depth >= DEEPEST:
            raise yaml.MarkedYAMLError(
                problem="brackets or lines are nested too deeply", problem_mark=mark
            )
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Loader(_Bounded, yaml.SafeLoader):
    """Reads in Python: slowly, and with the better words for what is wrong."""


class _QuickLoader(_Bounded, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen here
    """Reads by libyaml where PyYAML was built with it: a fifth of the time for five hundred sources."""

    def __init__(self, text: str) -> None:
        super(yaml.composer.Composer, self).__init__(text)
        self.anchors: dict[str, yaml.Node] = {}


class _Reading:
    """Turns PyYAML's nodes into a Written, collecting mistakes on the way."""

    def __init__(self, loader: _Loader | _QuickLoader) -> None:
        self._loader = loader
        self._lines: dict[Place, int] = {}
        self._literal: dict[Place, str] = {}
        self._found: list[tuple[Place, str]] = []

    def read(self, node: yaml.Node) -> Written:
        tree = self._value(node, ())
        written = Written(tree, self._lines, self._literal)
        mistakes = tuple(written.mistake(place, problem) for place, problem in self._found)
        return Written(tree, self._lines, self._literal, mistakes)

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(entry, (*place, index)) for index, entry in enumerate(node.value)]
        return self._scalar(node, place)

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._found.append((place, "has a key that is no plain text"))
                continue
            name = str(key.value)
            if name in seen:
                again = key.start_mark.line + 1
                self._found.append(
                    ((*place, name), f"stands here again in line {again}: keep one of them")
                )
                continue
            seen.add(name)
            if (read := self._value(value, (*place, name))) is not None:
                yield name, read
            self._lines[(*place, name)] = key.start_mark.line + 1

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        self._literal[place] = literal = str(node.value)
        if _UNSEEN.search(literal):
            self._found.append((place, "holds a character that cannot be seen: type it again"))
            return ""
        if node.tag in _TEXT_TAGS:
            return literal
        if node.tag not in _VALUE_TAGS:
            self._found.append(
                (place, "begins with ! (a tag), which is not read here: take the tag away")
            )
            return None
        return self._typed(node, place)

    def _typed(self, node: yaml.Node, place: Place) -> Any:
        try:
            return self._loader.construct_object(node)
        except (ValueError, OverflowError, LookupError, AttributeError, yaml.YAMLError):
            # 2026-02-30, a number of five thousand digits, `!!bool perhaps`
            problem = "looks like a number or a date and is none: put quotes around it if it is text"
            self._found.append((place, problem))
            return None


def _odd_character(text: str) -> Mistake | None:
    """PyYAML refuses these while it is being made, and says only their position."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text.removeprefix("\ufeff"))
    if not found:
        return None
    before = text[: found.start()]
    place = _line_and_column(before.count("\n"), len(before) - before.rfind("\n") - 1)
    problem = "this character cannot be seen and may not stand in the file: take it away"
    return Mistake(place, visible(found[0]), problem, line=before.count("\n") + 1)


def _syntax_mistake(text: str, mark: yaml.Mark, problem: str) -> Mistake:
    lines = text.splitlines() or [""]
    literal = lines[min(mark.line, len(lines) - 1)].strip()
    plain = next((words for sign, words in _HINTS if sign in problem), problem)
    secret = bool(_SECRET_KEY.search(literal))
    place = _line_and_column(mark.line, mark.column)
    return Mistake(place, shown(literal, secret=secret), plain, line=mark.line + 1)


def _line_and_column(line: int, column: int) -> str:
    return f"line {line + 1}, column {column + 1}"
