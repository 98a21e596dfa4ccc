"""From what a provider says of somebody to who they are here: pure, so that each request may ask it anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chat.people import People, Role
from console.oidc_settings import OidcSettings
from console.signin.readers import Reader

#: Groups that are kept of one person.
MOST_GROUPS = 500


def kept_of(claims: Mapping[str, Any], settings: OidcSettings) -> dict[str, Any]:
    """What a session keeps of the claims: who it is and their groups, and nothing else."""
    email = claims.get("email")
    verified = claims.get("email_verified") in (True, "true")
    name = claims.get(settings.name_claim)
    if settings.name_claim == "email":
        name = email if verified else None
    groups = claims.get(settings.groups_claim)
    groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    shown = next((claims[n] for n in ("name", "preferred_username") if isinstance(claims.get(n), str)), "")
    return {
        "iss": settings.issuer,
        "sub": str(claims["sub"])[:255],
        "email": email if verified and isinstance(email, str) else "",
        "name": name if isinstance(name, str) else "",
        "shown": " ".join(str(shown or email or claims["sub"]).split())[:80],
        "groups": [group for group in groups if isinstance(group, str)][:MOST_GROUPS],
    }


def reader_of_claims(kept: Mapping[str, Any], settings: OidcSettings, people: People) -> Reader | None:
    """Who that is here, and what they may do; None where the settings do not let them in."""
    if kept.get("iss") != settings.issuer:  # the settings name another provider now
        return None
    subject, name, email = str(kept["sub"]), str(kept["name"]), str(kept["email"])
    if settings.domains and email.rpartition("@")[2].casefold() not in [d.casefold() for d in settings.domains]:
        return None
    if settings.names and not {subject, name} & set(settings.names):
        return None
    person = people.by_sign_in(subject) or people.by_sign_in(name)
    roles = [settings.roles[group] for group in kept["groups"] if group in settings.roles]
    roles += [person.role] if person is not None else []
    roles += [Role(settings.everybody)] if settings.everybody else []
    if not roles:
        return None
    role = max(roles, key=list(Role).index)
    if person is not None:
        return Reader(id=person.id, shown=person.name, role=role, slack=person.slack, name=person.name)
    host = urlsplit(settings.issuer).netloc
    return Reader(id=f"oidc:{subject}@{host}", shown=str(kept["shown"]), role=role)
