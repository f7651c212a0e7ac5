"""What a person sees on a screen, read out of its HTML."""

import re
from html import unescape
from typing import Any

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def words(found: Tag | BeautifulSoup | None) -> str:
    """Give all words of a part as one line."""
    return " ".join(found.get_text(" ").split()) if found else ""


def all_words(answer: TestResponse) -> str:
    """Give every word that a screen shows or says to people who hear it."""
    page = soup(answer)
    spoken = [
        value
        for part in page.find_all(True)
        for name, value in part.attrs.items()
        if name in ("title", "aria-label", "placeholder", "alt", "data-label") and isinstance(value, str)
    ]
    return " ".join([words(page), *spoken])


def lines(answer: TestResponse) -> list[str]:
    """Give the ids of the list, in its order."""
    return [str(line["data-line"]) for line in soup(answer).select("[data-line]")]


def opened(answer: TestResponse) -> str:
    """Give the id of the open post; "" when none is."""
    card = soup(answer).select_one("article.card")
    return str(card["data-item"]) if card else ""


def buttons(answer: TestResponse) -> list[str]:
    """Give what the form of the open post offers, without its reasons."""
    found = soup(answer).select("form.acts button[name=action]")
    return [str(one["value"]) for one in found if ":" not in str(one["value"])]


def counts(answer: TestResponse) -> dict[str, str]:
    """Give the tabs with their counts."""
    return {
        str(tab["data-tab"]): words(tab.select_one(".count")).removeprefix(": ")
        for tab in soup(answer).select("[data-tab]")
    }


def form(answer: TestResponse, selector: str = "form.acts") -> dict[str, str]:
    """Give the hidden fields of a form, as a browser would send them."""
    fields: Any = soup(answer).select(f"{selector} input[type=hidden]")
    return {str(field["name"]): str(field["value"]) for field in fields}


def toast(answer: TestResponse) -> str:
    return words(soup(answer).select_one("[data-toast]"))


def location(answer: TestResponse) -> str:
    return unescape(re.sub(r"^http://[^/]+", "", answer.headers["Location"]))
