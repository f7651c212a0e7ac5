"""What a signed-in browser holds, and how long it is good for. The store knows digests only.

The cookie is one random token. The digest under which its session is stored and the token that forms
carry are made from it, so that neither gives the other away.
"""

import hmac
import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from aggregator.store import people
from aggregator.store.people import SignedIn

IDLE = timedelta(hours=1)
"""Moderators come for ten minutes, and readers at the desk interrupt them: half an hour would end in the
middle of that, with a password of fifteen signs to type again. But the desk's computer is shared: so not
longer than an hour. (NIST SP 800-63B-3 asks for 30 minutes where a second factor is asked for as well,
section 4.2.3, and for no such limit where it is not, section 4.1.3.)"""
LONGEST = timedelta(hours=12)
"""A working day: whoever stays signed in types the password once a day."""
SEEN_EVERY = timedelta(minutes=1)
"""Looking at pages writes at most so often."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_BROWSERS = (  # the first that is found counts: most say that they are also Safari and Chrome
    *(
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi", "Vivaldi"),
        ("SamsungBrowser", "Samsung Internet"),
    ),
    *(("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome")),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS")),
    *(("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def new_token() -> str:
    """Give 256 random bits, fit for a cookie and for an address."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def digest_of(token: str) -> str:
    """Give what the store knows a token by. It is random enough to need no salt and no cost."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(token: str) -> str:
    """Give what forms of this browser carry: nobody can compute it without the cookie."""
    return hmac.new(token.encode(), b"engaged forms", sha256).hexdigest()


def is_over(session: SignedIn, now: datetime) -> bool:
    return now >= session.created_at + LONGEST or now >= session.seen_at + IDLE


def open_for(
    engine: Engine, person_id: int, browser: str, now: datetime, *, instead_of: str = ""
) -> str:
    """Sign a person in: give the token of a new session, and forget the one that stood there before."""
    token = new_token()
    with engine.begin() as connection:
        people.forget_sessions(connection, opened_before=now - LONGEST, seen_before=now - IDLE)
        if instead_of:
            people.forget_session(connection, instead_of)
        people.open_session(connection, digest_of(token), person_id, browser, now)
    return token


def note_seen(engine: Engine, session: SignedIn, now: datetime) -> None:
    """Remember that somebody is still there. A store that cannot be written is no reason to refuse."""
    if now - session.seen_at < SEEN_EVERY:
        return
    try:
        with people.hurried(engine) as connection:
            people.seen(connection, session.digest, now)
    except DBAPIError:
        return


def browser_of(user_agent: str) -> str:
    """Give "Firefox, Linux": what people recognise of what their browser says about itself."""
    found = (
        next((name for sign, name in names if sign in user_agent), "") for names in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in found if name)
