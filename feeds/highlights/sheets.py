"""How templates of mails become HTML that every mail program draws, and text. Nothing is ever loaded."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from feeds.highlights.palette import DARK, LIGHT
from feeds.highlights.wording import isolated

HERE = Path(__file__).parent / "templates"
# Short on purpose: they stand in every cell, because some programs let no cell inherit them.
SANS = "-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
SERIF = "Charter,Cambria,Georgia,serif"
RULE = "-" * 60

_DARK = "<!--dark-->"


def as_html(template: str, **values: Any) -> str:
    """Give every element its own style, and dark colours to those programs that know a style sheet."""
    written = _inliner().inline(_environment().get_template(template).render(**values))
    dark = _environment().get_template("dark.css").render()
    return written.replace(_DARK, f"<style>{dark}</style>", 1)


def as_text(template: str, **values: Any) -> str:
    """Give text without blanks at the ends of lines, and at most one empty line in a row."""
    text = _environment().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip("\n") + "\n"


@cache
def _inliner() -> css_inline.CSSInliner:
    # The only style sheet is the one in the letter itself.
    return css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    looks = {"light": LIGHT, "dark": DARK, "sans": SANS, "serif": SERIF, "rule": RULE}
    made.globals |= {**looks, "mark": _mark, "isolated": isolated}
    return made


def _mark(kind: str, item: str) -> str:
    """Stand before a part of a text that can leave it: no cleaned word holds this character."""
    return f"\x1e{kind} {item}\x1e"
