"""The store: whole graphs in one transaction, one writer and many readers, and rebuilds that a crash cannot spoil."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kg.store import GraphStore, Triple, iri, literal
from nuncius.core.errors import ConfigurationError, FormatError, PermanentError, TransientError

P = "http://example.org/p"


def _triples(*values: int) -> list[Triple]:
    return [(iri("http://example.org/s"), iri(P), literal(v)) for v in values]


def _values(store: GraphStore) -> list[int]:
    return [row["o"] for row in store.query("SELECT ?o { ?s ?p ?o } ORDER BY ?o").rows]


def test_replacing_a_graph_leaves_exactly_the_new_triples(tmp_path: Path) -> None:
    store = GraphStore.open(tmp_path / "g")
    assert store.replace({"http://g/1": _triples(1, 2), "http://g/2": _triples(9)}) == 2
    assert store.replace({"http://g/1": _triples(2, 3)}) == 1
    assert store.replace({"http://g/1": _triples(2, 3)}) == 0, "the same again is no change"
    assert _values(store) == [2, 3, 9]
    store.replace({"http://g/1": []})
    assert store.graphs() == ["http://g/2"]


def test_odd_characters_survive_a_replacement(tmp_path: Path) -> None:
    store = GraphStore.open(tmp_path / "g")
    odd = 'say "z ± 1" \\ \n\r\t } ; DELETE WHERE { ?s ?p ?o } \u2028 é 漢'
    for text in ("before", odd, odd + "!"):  # the second and third go through an update, as SPARQL text
        store.replace({"http://g/1": [(iri("http://example.org/s"), iri(P), literal(text))]})
    assert store.query("SELECT ?o { ?s ?p ?o }").rows == [{"o": odd + "!"}]


def test_readers_see_what_is_committed_while_a_writer_is_open(tmp_path: Path) -> None:
    writer = GraphStore.open(tmp_path / "g")
    writer.replace({"http://g/1": _triples(1)})
    assert _values(GraphStore.read_only(tmp_path / "g")) == [1]
    writer.replace({"http://g/1": _triples(1, 2)})
    assert _values(GraphStore.read_only(tmp_path / "g")) == [1, 2]
    with pytest.raises(PermanentError, match="reading only"):
        GraphStore.read_only(tmp_path / "g").replace({"http://g/1": []})


_BUSY = """
import sys
from pathlib import Path
from kg.store import GraphStore, iri, literal
store = GraphStore.open(Path(sys.argv[1]))
print("ready", flush=True)
for i in range(400):
    values = [(iri(f"http://e/{i}"), iri("http://e/p"), literal(i + k)) for k in range(20)]
    store.replace({f"http://g/{i % 100}": values})
"""


def test_a_reader_beside_a_busy_writer_sees_whole_transactions_only(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _BUSY, str(tmp_path / "g")], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    writer.stdout.readline()
    views = 0
    try:
        while writer.poll() is None and views < 20:
            rows = GraphStore.read_only(tmp_path / "g").query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").rows
            assert rows[0]["n"] % 20 == 0
            views += 1
    finally:
        writer.kill()
        writer.communicate()
    assert views >= 1


def test_a_second_writer_is_told_to_stop_the_first(tmp_path: Path) -> None:
    writer = GraphStore.open(tmp_path / "g")
    with pytest.raises(ConfigurationError, match="stop `nuncius run`"):
        GraphStore.open(tmp_path / "g")
    writer.close()
    GraphStore.open(tmp_path / "g")


def test_reading_a_graph_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nuncius kg rebuild"):
        GraphStore.read_only(tmp_path / "g")


def test_equal_content_dumps_to_equal_bytes_whatever_the_order(tmp_path: Path) -> None:
    first, second = GraphStore.open(tmp_path / "a"), GraphStore.in_memory()
    first.replace({"http://g/1": _triples(1, 2), "http://g/2": _triples(3)})
    second.replace({"http://g/2": _triples(3)})
    second.replace({"http://g/1": _triples(2, 1)})
    assert first.dump("nq") == second.dump("nq")
    assert first.dump("nq").count(b" .\n") == 3
    assert b"http://g/1" not in first.dump("ttl")


def test_queries_that_are_no_sparql_and_iris_that_are_none_are_refused() -> None:
    with pytest.raises(FormatError, match="not SPARQL"):
        GraphStore.in_memory().query("SELEKT *")
    with pytest.raises(FormatError, match="not an absolute IRI"):
        iri("no iri")


def test_a_rebuild_takes_the_place_of_the_old_graph_only_when_whole(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    store = GraphStore.open(folder)
    store.replace({"http://g/old": _triples(1)})
    store.close()

    def fail() -> None:
        with GraphStore.rebuilding(folder) as new:
            new.replace({"http://g/new": _triples(2)})
            raise RuntimeError("the journal broke off")

    with pytest.raises(RuntimeError):
        fail()
    assert GraphStore.read_only(folder).graphs() == ["http://g/old"]
    with GraphStore.rebuilding(folder) as new:
        new.replace({"http://g/new": _triples(2)})
        assert GraphStore.read_only(folder).graphs() == ["http://g/old"], "readers go on meanwhile"
    assert GraphStore.read_only(folder).graphs() == ["http://g/new"]
    assert [p.name for p in folder.glob("g*")] == ["g2"], "the old files are gone"


_KILLED = """
import os, signal, sys
from pathlib import Path
from kg.store import GraphStore, iri, literal
with GraphStore.rebuilding(Path(sys.argv[1])) as new:
    for i in range(50):
        new.replace({f"http://g/{i}": [(iri("http://e/s"), iri("http://e/p"), literal(i))]})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_rebuild_that_is_killed_leaves_the_old_graph_and_no_rubbish(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    store = GraphStore.open(folder)
    store.replace({"http://g/old": _triples(1)})
    store.close()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(folder)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert GraphStore.read_only(folder).graphs() == ["http://g/old"]
    assert GraphStore.open(folder).graphs() == ["http://g/old"]
    assert [p.name for p in folder.glob("g*")] == ["g1"]


_LIMITED = """
import resource, sys
from pathlib import Path
from kg.store import GraphStore, iri, literal
from nuncius.core.errors import TransientError
store = GraphStore.open(Path(sys.argv[1]))
big = [(iri("http://example.org/s"), iri("http://example.org/p"), literal(f"{i} " * 50)) for i in range(3000)]
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
for _ in range(2):
    try:
        store.replace({"http://g/1": big})
    except TransientError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(store.value("http://g/1", "http://example.org/s", "http://example.org/p"))
print(store.replace({"http://g/1": big}), len(store))
"""


def test_a_disk_that_takes_no_more_is_transient_and_the_store_goes_on_when_there_is_room(tmp_path: Path) -> None:
    # A limit on the size of files makes the system refuse the write as a full disk does.
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path / "g")], capture_output=True, text=True, check=True, timeout=60
    )
    first, second, nothing, written = done.stdout.splitlines()
    assert "too large; where no space is left, make room on its disk" in first
    assert str(tmp_path / "g") in second
    assert (nothing, written) == ("None", "1 3000")


def test_a_full_disk_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    store = GraphStore.in_memory()
    monkeypatch.setattr(store, "_commit", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(TransientError, match=r"No space left on device; .* make room"):
        store.replace({"http://g/1": _triples(1)})
