"""Forms: each carries a mark that only pages made for this very browser hold, so that no other site can send one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

from console.signin.readers import NotSignedIn, seat_of

#: What was filled in, by the names of its fields; of a name that comes twice the last one.
Form = Mapping[str, str]
#: The hidden field that holds the mark.
FIELD = "form_token"
#: Bytes of a form, its fields, and the seconds that it may take to arrive.
MOST_BYTES, MOST_FIELDS, BODY_S = 256 * 1024, 200, 20.0


def mark_of(secret: str) -> str:
    """The mark of forms for whoever holds this secret; it tells nothing of the secret."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest() if secret else ""


def form_token(request: Request) -> str:
    """The mark that forms made for this request's sender carry; empty where they hold no secret of ours yet."""
    return mark_of(seat_of(request).secret)


async def checked_form(request: Request) -> Form:
    """A dependency: the form that was sent, once it is certain that it came from one of our pages. What bears a token
    needs no mark, since no browser adds tokens by itself."""
    seat = seat_of(request)
    form = await read_form(request)
    if seat.by == "token":
        return form
    if not seat.secret:
        raise NotSignedIn
    if not hmac.compare_digest(form.get(FIELD, "").encode(), mark_of(seat.secret).encode()):
        raise HTTPException(403, "this form is out of date, or not from here: go back, load the page anew, try again")
    return form


async def read_form(request: Request) -> Form:
    """The fields of a form in the usual encoding, of which no more is read than may be taken."""
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sort != "application/x-www-form-urlencoded":
        raise HTTPException(415, "send the form as application/x-www-form-urlencoded")
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_BYTES:
                    raise HTTPException(413, f"a form has at most {MOST_BYTES // 1024} kB")
    except TimeoutError:
        raise HTTPException(408, f"the form did not arrive within {BODY_S:g} s") from None
    try:
        # Browsers send line ends as CRLF, whatever was typed.
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400, f"the form is not UTF-8, or has more than {MOST_FIELDS} fields") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
