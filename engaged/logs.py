"""Logs: one JSON line an event on standard error, no control characters, no secrets, no mail addresses.

On a terminal the same is written for a reader's eyes, one line an event as well.
"""

import json
import logging
import logging.config
import re
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from aggregator.written import visible

SHORTEST_SECRET = 6  # shorter values stand in too many innocent words
_HIDDEN = "[hidden]"
_NAME = r"[\w-]*(?:token|passw\w*|secret|api_?key)"
_PARTS = (
    (re.compile(r"(\w://)[^/@\s]*@"), rf"\1{_HIDDEN}@"),
    (re.compile(r"(?i)\b((?:authorization|cookie)\b\W{1,4})[^\r\n\"']+"), rf"\1{_HIDDEN}"),
    (re.compile(rf"(?i)({_NAME}[\"']?\s?[=:]\s?[\"']?)[^\s&\"',;]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[mail address]"),
)
_QUIET = ("apscheduler", "alembic", "httpx", "_granian")


class Lines(logging.Formatter):
    """Writes an event as one line without what must not be in it."""

    def __init__(self, secrets: Collection[str] = (), *, for_eyes: bool = False) -> None:
        super().__init__()
        self._secrets = sorted((s for s in secrets if len(s) >= SHORTEST_SECRET), key=len, reverse=True)
        self._for_eyes = for_eyes

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        said = without_secrets(record.getMessage(), self._secrets)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        trace = without_secrets(trace, self._secrets)
        if self._for_eyes:
            return f"{at:%H:%M:%S} {record.levelname.lower()}: {visible(said)}" + (
                f"\n{trace}" if trace else ""
            )
        event = {"at": at.isoformat(timespec="milliseconds"), "level": record.levelname.lower()}
        event |= {"from": record.name, "said": said} | ({"trace": trace} if trace else {})
        return json.dumps(event)


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """Give text without the given values, passwords in addresses, tokens in queries, mail addresses."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    for pattern, stand_in in _PARTS:
        text = pattern.sub(stand_in, text)
    return text


def configuration(secrets: Collection[str]) -> dict[str, Any]:
    """Give what `logging.config.dictConfig` takes, and granian for its own processes."""
    lines = {"()": Lines, "secrets": tuple(secrets), "for_eyes": sys.stderr.isatty()}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": lines},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {name: {"level": "WARNING"} for name in _QUIET},
    }


def set_up(secrets: Collection[str] = ()) -> None:
    """Let every logger of this process write to standard error."""
    logging.config.dictConfig(configuration(secrets))
    logging.captureWarnings(capture=True)
