"""Identity on real circulars and tables does not fall behind what docs/graph.md states.

Data: the open circulars with the archive's `eventId`, `gold/event_aliases.json` (nasa-gcn/gcn.nasa.gov),
`gold/circular_instruments` (nasa-gcn/GCN_viewer), `gold/icecube_revisions` (icecube/NuCat).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.score_aliases import Tally, measure


@pytest.mark.slow
def test_circulars_and_names_come_to_their_objects(shared_data: Path) -> None:
    found = {name: value for name, value in measure(shared_data).items() if isinstance(value, Tally)}
    wrong = {name: (tally.rows - tally.right, tally.wrong) for name, tally in found.items()}
    assert wrong["archive_event"][0] == 0, wrong["archive_event"]
    assert wrong["viewer_event"][0] <= 2, wrong["viewer_event"]
    assert wrong["names_understood"][0] <= 1, wrong["names_understood"]
    assert wrong["kept_apart"][0] <= 3, wrong["kept_apart"]
    assert wrong["neutrino_revisions"][0] <= 3, wrong["neutrino_revisions"]
    assert {name: tally.rows for name, tally in found.items()} == {
        "archive_event": 246,
        "viewer_event": 505,
        "names_understood": 129,
        "kept_apart": 129,
        "put_together": 1,
        "neutrino_revisions": 57,
    }
