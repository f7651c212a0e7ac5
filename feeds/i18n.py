"""The words people read, from `locales/<lang>.po`: put a file there and the language exists.

A word that a language lacks comes in English. A language without a file is shown in English as a whole,
and says so in `lang`: half of two languages, mirrored, helps nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALES = Path(__file__).parent / "locales"

BABEL_FAILS = (
    LookupError,
    ValueError,
    AttributeError,
    TypeError,
    NotImplementedError,
    UnknownLocaleError,
)
"""What Babel was seen to raise on data that a locale lacks."""


@dataclass(frozen=True)
class Words:
    """One language's words. Called with a key and the values of its placeholders.

    Attributes:
        language: a BCP 47 tag for `lang`: the language these words are really in.
        direction: `ltr` or `rtl`.
    """

    language: str
    direction: str
    translations: GNUTranslations

    def __call__(self, key: str, **values: str) -> str:
        return self.translations.gettext(key).format_map(values)

    def number(self, number: int) -> str:
        """Give a count as this language writes it: 1,200 or 1 200."""
        try:
            return format_decimal(number, locale=self.language.replace("-", "_"))
        except BABEL_FAILS:
            return str(number)

    def any_of(self, names: Sequence[str]) -> str:
        """Give "a, b, or c" in this language."""
        try:
            return format_list(list(names), style="or", locale=self.language.replace("-", "_"))
        except BABEL_FAILS:
            return ", ".join(names)


def languages(folder: Path = LOCALES) -> tuple[str, ...]:
    """Give the languages that have a file, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.po")))


@cache
def words(language: str, folder: Path = LOCALES) -> Words:
    """Give the words of a language, of its parent (`pt` for `pt-BR`), or English."""
    wanted = "fil" if language.lower() == "tl" else language.lower()
    there = {name.lower(): name for name in languages(folder)}
    found = there.get(wanted) or there.get(wanted.partition("-")[0]) or "en"
    translations = _read(folder / f"{found}.po")
    if found != "en":
        translations.add_fallback(_read(folder / "en.po"))
    return Words(found, _direction(found), translations)


def _read(path: Path) -> GNUTranslations:
    with path.open("rb") as file:
        catalog = read_po(file)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _direction(language: str) -> str:
    try:
        return str(Locale.parse(language, sep="-").text_direction)
    except BABEL_FAILS:
        return "ltr"
