"""Who reads the page and what they may do: sign-in, roles, forms that nobody else can send.

A route that acts stands on three things, all from here:

    def act(
        reader: Annotated[Reader, Depends(needs(Role.REVIEWER))],
        form: Annotated[Form, Depends(checked_form)],
    ) -> Response: ...

Its form holds `{{ form_field }}`, which every template has. Whoever is not signed in is sent to the sign-in page and
back; programs get 401 or 403 and JSON. That somebody may read at all is decided before any route, in `gate.py`.
"""

from __future__ import annotations

from chat.people import Role
from console.signin.forms import Form, checked_form, form_token
from console.signin.readers import Reader, client_of, needs, signed_in

__all__ = ["Form", "Reader", "Role", "checked_form", "client_of", "form_token", "needs", "signed_in"]
