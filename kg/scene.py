"""What a picture of an object shows: its documents around a circle, what each claims, who
cites and who contradicts whom."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from kg.claim import Claim
from kg.computed import known
from kg.contradictions import contradictions
from kg.knowledge import Document, Reader

#: Families of quantities: colour, and the predicates in them with the words that a reader expects.
FAMILIES: list[tuple[str, str, dict[str, str]]] = [
    ("prompt emission", "#2b6cb0", {"trigger_time": "T0", "t90": "T90", "fluence": "fluence",
                                    "classification": "class"}),
    ("place", "#805ad5", {"position": "position"}),
    ("afterglow", "#dd6b20", {"counterpart": "counterpart", "magnitude": "magnitudes", "flux": "fluxes",
                              "non_detection": "non-detections"}),
    ("distance", "#2f855a", {"redshift": "redshift", "host": "host"}),
    ("relations", "#c53030", {"coincidence": "coincidence", "retraction": "retraction"}),
]  # fmt: skip
COLOUR = {predicate: colour for _, colour, words in FAMILIES for predicate in words}
WORD = {predicate: word for _, _, words in FAMILIES for predicate, word in words.items()}
#: Part of the circle left free at the top, where the first and the last document would meet.
GAP = 0.05
#: At most this many documents are drawn; of more, those with the most claims.
MOST = 90


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: documents with their angles, how many claims of each quantity each makes, the claim to go by of
    each quantity, citations and contradictions among the documents."""

    name: str
    t0: datetime | None
    documents: list[Document]
    angles: dict[str, float]
    links: Counter[tuple[str, str]]
    best: dict[str, dict[str, Any]]
    cites: list[tuple[str, str]]
    disputes: list[tuple[str, str, str]]


def scene(reader: Reader, obj: str, name: str) -> Scene:
    """Everything that the picture of an object shows."""
    claims = reader.claims(obj)
    weight = Counter(c.document for c in claims if c.predicate in WORD)
    about = reader.about(obj)
    kept = {d.name for d in sorted(about, key=lambda d: -weight[d.name])[:MOST]}
    documents = [d for d in about if d.name in kept]
    numbers = {d.circular: d.name for d in documents if d.circular is not None}
    step = 2 * math.pi * (1 - GAP) / max(1, len(documents) - 1)
    angles = {d.name: math.pi / 2 - math.pi * GAP - i * step for i, d in enumerate(documents)}
    citing = [(c.document, int(c.number)) for c in claims if c.predicate == "cites" and c.number is not None]
    cites = [(document, numbers[n]) for document, n in citing if n in numbers and document in angles]
    return Scene(
        name=name,
        t0=reader.t0(obj),
        documents=documents,
        angles=angles,
        links=Counter((c.document, c.predicate) for c in claims if c.predicate in WORD and c.document in angles),
        best={row["predicate"]: row for row in known(reader, obj)},
        cites=list(dict.fromkeys(cites)),
        disputes=_disputes(claims, angles),
    )


def _disputes(claims: Sequence[Claim], angles: Mapping[str, float]) -> list[tuple[str, str, str]]:
    pairs = contradictions(claims)
    found = [(p.earlier.document, p.later.document, p.predicate) for p in pairs]
    return [d for d in dict.fromkeys(found) if d[0] in angles and d[1] in angles]
