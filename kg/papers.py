"""A paper or telegram as the graph has it: title, authors, identifiers, abstract, the objects that it is about and
mentions, what it cites and what it claims. Pure: an event in, triples out.

Its graph is its own page. Objects stand under the names that the text gives them, so that the same paper always gives
the same graph; that two names mean one object is said by those who claim it (kg/objects.py), never by a paper.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from kg import terms as t
from kg.claims import fact_part, fact_triples, reading
from kg.extraction import Fact
from kg.extraction.abstracts import Abstract, read_abstract
from kg.mentions import READ_TEXT, READ_TITLE
from kg.store import Triple, iri, literal
from kg.subjects import key_of
from kg.tex import readable
from kg.vocabulary import object_iri, object_label
from kg.works import identifier, label, page, work
from nuncius.core.event import Event, iso

#: Authors kept one by one (a collaboration's list goes on), references, and categories.
_AUTHORS, _CITED, _CATEGORIES = 200, 2_000, 40
#: What may stand in a name that is shown to people: no markup, no line breaks.
_NOT_IN_NAMES = re.compile(r"[^\w.,'’ \-]+")


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a paper. `work` names what it and its other records are together; `cites` are identifiers."""

    label: str
    work: str
    title: str
    by: str
    authors: list[str]
    ids: list[str]
    cites: list[str]
    categories: list[str]
    published: datetime | None
    version: int
    withdrawn: bool
    abstract: Abstract


def is_paper(event: Event) -> bool:
    """Whether an event is a version of a paper or a telegram."""
    return event.is_a("paper")


def is_record_of_circular(event: Event) -> bool:
    """ADS has a record of each circular, too. The circular itself says more."""
    return work_of(event).startswith("gcn:")


def version_of(event: Event) -> int:
    """A paper's version; the first is 1."""
    for version in (event.data.get("version"), event.revision):
        if isinstance(version, int | float) and not isinstance(version, bool) and version >= 1:
            return int(version)
    return 1


def work_of(event: Event) -> str:
    """The identifier by which the work is known of which the event is a record."""
    return work([*_texts(event.data.get("ids")), event.id])


def read_paper(event: Event) -> Paper:
    """What an event of a paper says. A withdrawn one says nothing of the sky any more."""
    data = event.data
    title, text = str(data.get("subject") or ""), str(data.get("body") or "")
    authors = [plain for name in _texts(data.get("authors")) if (plain := _name(name))]
    abstract = _abstract(title[:READ_TITLE], text[:READ_TEXT], str(data.get("published") or ""))
    if event.is_retraction or is_record_of_circular(event):
        abstract = msgspec.structs.replace(abstract, facts=[])
    found = [_cited(fact.value) for fact in abstract.facts if fact.predicate == "cites"]
    cited = [i for said in [*_texts(data.get("cites")), *found][:_CITED] if (i := identifier(said))]
    ids = [i for said in [*_texts(data.get("ids")), event.id] if (i := identifier(said))]
    return Paper(
        label=label(event.id),
        work=work_of(event),
        title=readable(title[:READ_TITLE]),
        by=short_byline(authors),
        authors=authors,
        ids=list(dict.fromkeys(ids)),
        cites=[] if event.is_retraction else [i for i in dict.fromkeys(cited) if i not in ids],
        categories=list(dict.fromkeys(_texts(data.get("categories"))[:_CATEGORIES])),
        published=_moment(data.get("published")),
        version=version_of(event),
        withdrawn=event.is_retraction,
        abstract=abstract,
    )


def _cited(value: Any) -> str:
    """Of a fact's value: a circular's number, or `ATel 16123`."""
    return value if isinstance(value, str) else f"gcn:{int(value)}"


@lru_cache(maxsize=64)
def _abstract(title: str, text: str, published: str) -> Abstract:
    """Read once for the graph and for what is announced."""
    return read_abstract(title, text, created=published or None)


def short_byline(authors: Sequence[str]) -> str:
    """`A. Observer`, `A. Observer & B. Reducer`, `A. Observer et al.`; of `Observer, Ada` the surname."""
    names = [name.partition(",")[0] for name in authors[:2]]
    return f"{names[0]} et al." if len(authors) > 2 else " & ".join(names)


def _name(text: str) -> str:
    return " ".join(_NOT_IN_NAMES.sub(" ", text[:120]).split())


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [str(item) for item in items if isinstance(item, str) and item.strip()]


def paper_triples(event: Event, doc: Any) -> list[Triple]:
    """All that a paper says, beside what every document does."""
    paper = read_paper(event)
    out = _described(event, paper, doc) + _authors(paper, doc)
    for names in paper.abstract.mentions.about:
        out += [(doc, t.ours("about"), iri(object_iri(key_of(names[0]))))]
    for name in paper.abstract.mentions.names:
        about = iri(object_iri(key_of(name)))
        out += [(doc, t.ours("mentions"), about), (about, t.TYPE, t.ASTRO_OBJECT)]
        out += [(about, t.LABEL, literal(object_label(about.value))), (about, t.ours("name"), literal(key_of(name)))]
    out += [(doc, t.REFERENCES, iri(target)) for i in paper.cites if (target := page(i))]
    return out + _claims(paper.abstract.facts, doc) + _legacy(event, paper, doc)


def _described(event: Event, paper: Paper, doc: Any) -> list[Triple]:
    data = event.data
    out: list[Triple] = [
        (doc, t.TYPE, t.REPORT if event.is_a("paper.atel") else t.ARTICLE),
        (doc, t.TITLE, literal(paper.title)),
        (doc, t.ABSTRACT, literal(str(data.get("body") or "")[:READ_TEXT])),
        (doc, t.ours("version"), literal(paper.version)),
        (doc, t.ours("work"), literal(paper.work)),
        (doc, t.ours("shortName"), literal(paper.label)),
        (doc, t.ours("withdrawn"), literal(paper.withdrawn)),
    ]
    out += [(doc, t.ours("identifier"), literal(i)) for i in paper.ids]
    out += [(doc, t.SAME_AS, iri(url)) for i in paper.ids if (url := page(i)) and url != doc.value]
    for moment, term in ((paper.published, t.CREATED), (_moment(data.get("updated")), t.MODIFIED)):
        if moment is not None:
            out.append((doc, term, literal(str(iso(moment)), kind="dateTime")))
    out += [(doc, t.SUBJECT, literal(category)) for category in paper.categories]
    for word, term in (("journal_ref", t.CITATION), ("comment", t.ours("comment"))):
        if said := " ".join(str(data.get(word) or "")[:1_000].split()):
            out.append((doc, term, literal(said)))
    return out


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _authors(paper: Paper, doc: Any) -> list[Triple]:
    """In their order: nodes with a position each, because nothing we write has blank nodes."""
    if not paper.authors:
        return []
    out: list[Triple] = [
        (doc, t.ours("byline"), literal(paper.by)),
        (doc, t.ours("authors"), literal("; ".join(paper.authors[:_AUTHORS]))),
        (doc, t.ours("authorCount"), literal(len(paper.authors))),
    ]
    for number, name in enumerate(paper.authors[:_AUTHORS], start=1):
        person = iri(f"{doc.value}#author-{number}")
        out += [
            (doc, t.AUTHOR, person),
            (person, t.TYPE, t.PERSON),
            (person, t.NAME, literal(name)),
            (person, t.POSITION, literal(number)),
        ]
    return out


def _claims(facts: Sequence[Fact], doc: Any) -> list[Triple]:
    if not facts:
        return []
    activity, out = reading(doc.value, facts[0].extractor)
    seen: dict[str, int] = {}
    for fact in facts:
        part = fact_part(fact, 1)
        seen[part] = seen.get(part, 0) + 1
        about = iri(object_iri(key_of(fact.object))) if fact.object else None
        out += fact_triples(fact, doc.value, doc, about, activity, seen[part])
    return out


def _legacy(event: Event, paper: Paper, doc: Any) -> list[Triple]:
    """The names that the older systems gave to telegrams and preprints."""
    sort, _, number = paper.work.partition(":")
    if sort not in ("atel", "arXiv") or event.is_a("paper.ads"):
        return []
    node = t.paper(f"{sort.lower()}{number}")
    out: list[Triple] = [(node, t.SEE_ALSO, doc), (node, t.paper("SUBJECT"), literal(paper.title))]
    if sort == "atel":
        out.append((node, t.paper("NUMBER"), literal(int(number))))
    if paper.published is not None:
        out.append((node, t.paper("DATE"), literal(str(iso(paper.published)))))
    for cited in paper.cites:
        kind, _, value = cited.partition(":")
        if kind in ("gcn", "atel"):
            out += [
                (node, t.paper("cites"), t.paper(kind + value)),
                (node, t.paper(f"cites_{kind}_id"), literal(value)),
            ]
    names = [key_of(name).replace(" ", "") for name in paper.abstract.mentions.names]
    out += [(node, t.paper("mentions_named_event"), literal(name)) for name in names]
    return out + [(node, t.paper("mentions_named_grb"), literal(n)) for n in names if n.startswith("GRB")]
