"""Identity: notices and circulars about one astrophysical event come to one object, and others stay apart."""

from __future__ import annotations

from collections.abc import Sequence

from kg_samples import circular, night, notice

from kg.extraction import Circular, extract
from kg.objects import identify, resolve, withdraw
from kg.subjects import Identity, subject_of
from kg.vocabulary import OBJECT, object_iri
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal


def _objects(journal: Journal, events: Sequence[Event]) -> list[str | None]:
    """Journal the events, identify them, and give each one's object without the namespace."""
    before = journal.last_seq()
    journal.append(list(events))
    stored = journal.read(before)
    found = identify(journal, stored)
    again = journal.read(before)
    assert {s.seq: s.event.object for s in again if s.event.object} == found, "the journal knows the same objects"
    return [found[s.seq].removeprefix(OBJECT) if s.seq in found else None for s in stored]


def test_a_night_of_alerts_has_three_objects(journal: Journal) -> None:
    gbm, wave = "fermi-gbm:794591051", "S260307ab"
    test = "test:swift:999999"
    assert _objects(journal, night()) == [gbm, gbm, gbm, gbm, wave, wave, wave, test, None]


def test_names_given_later_mean_the_object_first_named(journal: Journal) -> None:
    _objects(journal, night())
    for name in ("GRB 260307A", "grb260307a", "bn260307667", "fermi-gbm:794591051"):
        assert resolve(journal, name) == object_iri("fermi-gbm:794591051"), name
    assert resolve(journal, "GRB 991231A") is None


def test_every_link_keeps_who_claimed_it(journal: Journal) -> None:
    _objects(journal, night())
    claims = {link.name: (link.event_id, link.how) for link in journal.names_of(object_iri("fermi-gbm:794591051"))}
    assert claims == {
        "fermi-gbm:794591051": ("ivo://example/Fermi#flt", "id"),
        "GRB 260307A": ("circular:34110/1", "subject"),
        "bn260307667": ("circular:34110/1", "stated"),
    }


def test_a_circular_that_names_two_objects_joins_neither(journal: Journal) -> None:
    found = _objects(
        journal,
        [
            circular(1, "S260307ab: merger candidate"),
            circular(2, "GRB 260307A: detection"),
            circular(3, "S260307ab: coincidence with GRB 260307A is likely"),
        ],
    )
    assert found == ["S260307ab", "GRB260307A", "S260307ab"]


def test_coincident_triggers_of_two_instruments_stay_two_objects(journal: Journal) -> None:
    found = _objects(
        journal,
        [notice("a", ids=["794591051"]), notice("b", mission="INTEGRAL", instrument="SPI-ACS", ids=["9001"])],
    )
    assert len(set(found)) == 2


def test_identifying_twice_changes_nothing(journal: Journal) -> None:
    journal.append(night())
    unaware = journal.read(0)
    first = identify(journal, unaware)
    links = journal.names_of(object_iri("fermi-gbm:794591051"))
    assert identify(journal, unaware) == first, "a batch read before the objects were known"
    assert identify(journal, journal.read(0)) == first
    assert journal.names_of(object_iri("fermi-gbm:794591051")) == links


def test_batches_of_one_give_the_same_objects_as_one_batch(journal: Journal) -> None:
    journal.append(night())
    one_by_one: dict[int, str] = {}
    for stored in journal.read(0):
        one_by_one |= identify(journal, [stored])
    assert one_by_one == identify(journal, journal.read(0))


def test_a_supernova_keeps_its_object_when_it_is_classified(journal: Journal) -> None:
    assert len(set(_objects(journal, [circular(1, "AT 2023ixf: discovery"), circular(2, "SN 2023ixf: spectrum")]))) == 1


def test_a_withdrawn_link_no_longer_identifies(journal: Journal) -> None:
    _objects(journal, [circular(1, "EP260307a / GRB 260307A: the same source")])
    assert resolve(journal, "GRB 260307A") == object_iri("EP260307a")
    assert withdraw(journal, "GRB 260307A", object_iri("EP260307a"), "circular:1/1")
    assert resolve(journal, "GRB 260307A") is None
    assert _objects(journal, [circular(2, "GRB 260307A: detection")]) == ["GRB260307A"]
    assert not withdraw(journal, "GRB 260307A", object_iri("EP260307a"), "circular:9/1"), "nobody claimed that"


def test_plans_and_housekeeping_are_about_no_object(journal: Journal) -> None:
    found = _objects(
        journal, [notice("a", ids=["5"], tense=Tense.UTILITY), notice("b", ids=["6"], tense=Tense.PLANNED)]
    )
    assert found == [None, None]


def test_facts_and_results_keep_the_object_they_state(journal: Journal) -> None:
    fact = Event(
        id="fact:1", kind="kg.fact", source="x", received=night()[0].received, data={"object": object_iri("EP260307a")}
    )
    assert _objects(journal, [fact]) == ["EP260307a"]


def test_a_source_of_a_list_is_known_by_its_circular() -> None:
    body = (
        "Two X-ray sources are seen.\n\nSource 1:\n  RA: 83.4411\n  Dec: -21.2093\n\n"
        "Source 2:\n  RA: 83.5417\n  Dec: -21.3094\n"
    )

    def subjects(number: int, event: str) -> set[str | None]:
        circular = Circular(number=number, subject=f"{event}: Swift-XRT observations", body=body)
        identity = Identity(object=None)
        return {subject_of(f, identity, event) for f in extract(circular) if f.predicate == "position"}

    first, second = subjects(41001, "GRB 260307A"), subjects(41002, "GRB 260308B")
    assert len(first) == len(second) == 2
    assert not first & second
