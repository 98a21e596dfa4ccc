"""The cookies: for this host alone, out of reach of scripts, not sent along by other sites' forms."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

#: Signed in; not yet signed in, from which the form of the sign-in page is marked; on the way to a provider.
SESSION, FORM, WAY = "", "-form", "-way"


def name_of(request: Request, what: str, *, secure: bool) -> str:
    """With https a name that browsers accept from nobody else. Without, the port is in it, since cookies of one machine
    are sent to all its ports."""
    if secure:
        return f"__Host-nuncius{what}"
    return f"nuncius{what}-{(request.scope.get('server') or ('', 0))[1]}"


def given(request: Request, what: str, *, secure: bool) -> str:
    """What the browser sent; empty where it has none."""
    return request.cookies.get(name_of(request, what, secure=secure), "")


def put(response: Response, request: Request, what: str, value: str, *, secure: bool, seconds: int) -> None:
    """Have the browser keep it."""
    response.set_cookie(
        name_of(request, what, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        # Not `strict`: somebody who comes from a message on Slack, or back from a provider, is still signed in.
        samesite="lax",
    )


def drop(response: Response, request: Request, what: str, *, secure: bool) -> None:
    """Have the browser forget it."""
    name = name_of(request, what, secure=secure)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
