"""The one cookie: what a browser is known by. Only these lines and app.py see it.

`__Secure-` and Secure where the address is https. Over http neither can be set everywhere (Safari keeps
no Secure cookie, not even for localhost). `__Host-` is impossible with a path, and the path keeps the
cookie away from every public page. SameSite is Lax, because links from a mail or a terminal come from
elsewhere and must find their reader signed in; unsafe methods have walls of their own.
"""

from flask import Request, Response

from aggregator.settings import Settings

PATH = "/moderate"


def name_for(settings: Settings) -> str:
    return "__Secure-engaged" if _is_secure(settings) else "engaged"


def taken(request: Request, settings: Settings) -> str:
    """Give what the browser sent; "" for nothing."""
    return request.cookies.get(name_for(settings), "")


def give(answer: Response, settings: Settings, token: str) -> None:
    """Let the browser hold a token until it is closed: the desk's computer is shared."""
    answer.set_cookie(
        name_for(settings),
        token,
        path=PATH,
        secure=_is_secure(settings),
        httponly=True,
        samesite="Lax",
    )


def take_back(answer: Response, settings: Settings) -> None:
    answer.delete_cookie(
        name_for(settings), path=PATH, secure=_is_secure(settings), httponly=True, samesite="Lax"
    )


def _is_secure(settings: Settings) -> bool:
    return settings.public_url.startswith("https:")
