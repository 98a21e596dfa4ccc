"""Reads what the JSON API gives from the journal and the graph. What single people are told, and the rules of their
subscriptions, are not among it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat.dossier import read
from console import apivalues as v
from console.views import OBJECT, iri_of
from kg.claim import Claim, said
from kg.knowledge import Reader
from kg.objects import resolve
from kg.vocabulary import event_iri
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.journal import Journal
from nuncius.journal.finding import Finder
from nuncius.journal.records import ObjectSummary

if TYPE_CHECKING:
    from kg.store import GraphStore
    from reactors.ruleset import RuleSet

#: Rules of this name belong to one person each.
PRIVATE = "subscription-"


def objects(journal: Journal, *, before: int | None, limit: int) -> v.Objects:
    """Objects by their newest event."""
    finder = Finder(journal)
    found, following = finder.recent(before=before, limit=limit)
    return v.Objects(objects=[_line(item) for item in finder.summaries(found)], next=following)


def _line(item: ObjectSummary) -> v.ObjectLine:
    return v.ObjectLine(
        iri=item.object,
        names=item.names,
        trigger_time=item.trigger_time,
        updated=item.updated,
        events=item.events,
        tenses=[tense.value for tense in item.tenses],
        retracted=item.retracted,
    )


def iri_named(journal: Journal, name: str) -> str | None:
    """The object of a name or an IRI; None where that is none of ours."""
    found = resolve(journal, name) if len(name) < 300 else None
    if found is not None or name.startswith(OBJECT):
        return found
    return resolve(journal, iri_of(name))


def one(journal: Journal, name: str) -> v.Object | None:
    """One object; None where no event is about it."""
    iri = iri_named(journal, name)
    if iri is None:
        return None
    dossier = read(journal, iri)
    now = dossier.present
    if now is None:
        return None
    reports = {row.report.key: row for row in dossier.reports if row.state != "cancelled"}
    return v.Object(
        iri=iri,
        name=now.name,
        what=now.what,
        state=now.state,
        severity=now.severity.value,
        test=now.test,
        facts=dict(now.facts),
        names=list(dict.fromkeys(link.name for link in journal.names_of(iri) if not link.withdrawn)),
        events=len(dossier.events),
        reports=[
            v.Told(
                key=row.report.key,
                title=row.report.title,
                text=row.report.text,
                severity=row.report.severity.value,
                state=row.report.state.value,
                rule=row.report.rule,
                told=row.created,
            )
            for row in reports.values()
        ],
    )


def events(journal: Journal, name: str, *, before: int | None, limit: int) -> v.Events | None:
    """Events of an object; None where it has none at all."""
    iri = iri_named(journal, name)
    if iri is None:
        return None
    found = Finder(journal).events(iri, before=before, limit=limit)
    if not found and before is None:
        return None
    lines = [
        v.EventLine(
            seq=item.seq,
            id=item.event.id,
            iri=event_iri(item.event.id),
            kind=item.event.kind,
            source=item.event.source,
            tense=item.event.tense.value,
            retraction=item.event.is_retraction,
            revision=item.event.revision,
            received=item.event.received,
            trigger_time=item.event.trigger_time,
            data=item.event.data,
        )
        for item in found
    ]
    return v.Events(object=iri, events=lines, next=lines[-1].seq if len(lines) == limit else None)


def claims(journal: Journal, graph: GraphStore, name: str, *, offset: int, limit: int) -> v.Claims | None:
    """Claims about an object, the oldest first; None where nothing is claimed of it."""
    iri = iri_named(journal, name)
    try:
        found = Reader(graph).claims(iri) if iri is not None else []
    except FormatError:  # what stands in no IRI is the name of nothing
        return None
    if not found or iri is None:
        return None
    return v.Claims(object=iri, total=len(found), claims=[_claim(claim) for claim in found[offset : offset + limit]])


def _claim(claim: Claim) -> v.Claim:
    return v.Claim(
        iri=claim.node,
        predicate=claim.predicate,
        value=claim.value,
        unit=claim.unit,
        said=said(claim),
        by=claim.by,
        document=claim.document,
        received=claim.received,
        assertion=claim.assertion,
        status=claim.status,
        status_by=claim.status_by,
        text=claim.text,
    )


def rules(known: Callable[[], RuleSet]) -> v.Rules:
    """All rules but people's subscriptions."""
    lines = [
        v.RuleLine(
            name=rule.name,
            about=rule.about,
            status=rule.status,
            severity=rule.severity.value,
            owner=rule.owner,
            when=list(rule.when),
            file=rule.file.rsplit("/", 1)[-1],
            line=rule.line,
        )
        for rule in known().rules
        if not rule.name.startswith(PRIVATE)
    ]
    return v.Rules(rules=lines)


def firings(journal: Journal, rule: str | None, *, before: int | None, limit: int) -> v.Firings:
    """What rules did. Raises ConfigurationError for a rule that is one person's."""
    if rule is not None and rule.startswith(PRIVATE):
        raise ConfigurationError(f"no rule is named {rule!r}")
    found = Finder(journal).reactions(rule, before=before, limit=limit)
    lines = [
        v.Firing(
            id=item.id,
            rule=item.rule,
            event=item.event_id,
            object=item.object,
            severity=item.severity,
            state=item.state,
            revision=item.revision,
            created=item.created,
            updated=item.updated,
        )
        for item in found
    ]
    return v.Firings(firings=lines, next=lines[-1].id if len(lines) == limit else None)
