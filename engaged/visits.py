"""Visits to sources in words: what happened, when it is tried again, what somebody can do."""

from aggregator.schedule import Ran

_WHAT = {
    "address-refused": "its address is not asked",
    "not-connected": "its server cannot be reached",
    "host-paused": "its server is left alone for a while",
    "tls-failed": "its server's certificate does not hold",
    "too-slow": "its server took too long",
    "too-large": "its answer is larger than any feed",
    "too-many-redirects": "its address leads on and on",
    "bad-reply": "its server's answer cannot be used",
    "refused": "its server refused",
    "busy": "its server is busy",
    "denied": "its server lets nobody in",
    "missing": "there is nothing at its address",
    "gone": "its server says that it is gone for good",
    "not-understood": "its answer cannot be read",
    "too-costly": "its answer takes too much work to read",
    "lost-claim": "another worker took it over",
    "unexpected": "a mistake of ours: please report it with the log",
}
_CHECK_THE_ADDRESS = (
    "not-connected",
    "denied",
    "missing",
    "gone",
    "not-understood",
    "too-many-redirects",
)


def in_words(ran: Ran) -> str:
    """Give one line about a visit."""
    if ran.error:
        return f"{ran.source}: {_trouble(ran)}"
    if ran.outcome == "unchanged":
        return f"{ran.source}: nothing new"
    counts = f"{ran.new} new, {ran.changed} changed, {ran.unchanged} unchanged, {ran.skipped} skipped"
    return f"{ran.source}: {counts}"


def _trouble(ran: Ran) -> str:
    """Say what happened, then what can be done, then when it is tried again."""
    detail = ran.error.rstrip(".")
    what = f"{_WHAT[ran.code]} ({detail})" if ran.code in _WHAT else detail
    advice = " Is its address right?" if ran.code in _CHECK_THE_ADDRESS else ""
    return f"{what}.{advice}{_next(ran)}"


def _next(ran: Ran) -> str:
    if ran.paused:
        return f" It rests until `engaged collect {ran.source}` wakes it."
    return f" It is tried again at {ran.again:%Y-%m-%d %H:%M} UTC." if ran.again else ""
