"""Pages that say why something was not done and what to do now, and nothing of the request."""

from flask import Response

from moderation.drawing import draw, part
from moderation.routes import Asked, Desk


def problem(desk: Desk, asked: Asked, status: int, code: str, **values: str) -> Response:
    """Give the page for a problem, or the piece of it that our script shows.

    Args:
        code: `problem-CODE-title` and `problem-CODE-text` are its words.
        values: what the words have placeholders for.
    """
    show = part if asked.wants_part else draw
    template = "problem-part.html" if asked.wants_part else "problem.html"
    title, text = (desk.say(f"problem-{code}-{word}", **values) for word in ("title", "text"))
    return show(desk, asked, template, status, title=title, text=text)
