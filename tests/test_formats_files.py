"""Archives are walked one message at a time, and each message knows when it was made."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

from listeners.files import estimate, stamp, walk
from listeners.formats import parse

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_each_format_carries_its_own_date() -> None:
    expected = {
        "voevent_swift_bat_grb_pos.xml": datetime(2023, 3, 7, 15, 45, 30, tzinfo=UTC),
        "text_icecube_gold.txt": datetime(2024, 1, 2, 3, 5, tzinfo=UTC),
        "igwn_update.json": datetime(2023, 12, 31, 11, tzinfo=UTC),
        "igwn_update.avro": datetime(2023, 12, 31, 11, tzinfo=UTC),
        "json_circular.json": datetime(2023, 3, 7, 18, tzinfo=UTC),
        "json_fermi_gbm_ground.json": datetime(2023, 3, 7, 15, 46, tzinfo=UTC),
        "json_einstein_probe_wxt.json": datetime(2024, 3, 1, 21, 46, 5, 130000, tzinfo=UTC),
        "binary_swift_bat_grb_pos.bin": NOW,
    }
    assert {name: stamp((GOLDEN / name).read_bytes(), NOW) for name in expected} == expected


def test_folder_tarball_lines_and_lists_give_the_same_circulars(tmp_path: Path) -> None:
    circulars = [{"circularId": n, "subject": "s", "body": "b\nb", "createdOn": 1678212000000} for n in (1, 2, 3)]
    lines = "".join(json.dumps(c) + "\n" for c in circulars)
    (tmp_path / "list.json").write_text(json.dumps(circulars, indent=1))
    (tmp_path / "lines.jsonl").write_text(lines)
    (tmp_path / "lines_by_another_name.json").write_text(lines)
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    folder = tmp_path / "folder"
    folder.mkdir()
    for c in circulars:
        (folder / f"{c['circularId']}.json").write_text(json.dumps(c))
    with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as tar:
        tar.add(folder, arcname="in")
    for source in tmp_path.iterdir():
        ids = [event.id for message in walk([source], now=NOW) for event in parse(message)]
        assert ids == ["circular:1/1", "circular:2/1", "circular:3/1"], source.name


def test_a_file_that_is_no_archive_is_refused_and_the_walk_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.tar.bz2").write_bytes(b"not a tarball")
    (tmp_path / "b.jsonl").write_bytes(b'{"circularId": 1, "subject": "s", "body": "b"}\n\n')
    broken, good = walk([tmp_path], now=NOW)
    assert "cannot be read" in str(broken.refused)
    assert parse(good)[0].id == "circular:1/1"


def test_a_list_nested_too_deep_is_refused_and_the_walk_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[" * 200_000 + b"]" * 200_000)
    (tmp_path / "b.json").write_text("{}", encoding="utf-8")
    deep, following = walk([tmp_path], now=NOW)
    assert deep.refused is not None
    assert "not a JSON list" in deep.refused
    assert following.raw == b"{}"


def test_memory_stays_flat_over_a_large_tarball(tmp_path: Path) -> None:
    content = (GOLDEN / "voevent_swift_bat_grb_pos.xml").read_bytes()
    with tarfile.open(tmp_path / "large.tar.gz", "w:gz", compresslevel=1) as tar:
        for number in range(5_000):
            info = tarfile.TarInfo(f"{number}.xml")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    tracemalloc.start()
    assert sum(1 for _ in walk([tmp_path], now=NOW)) == 5_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 5,000 members of 2 kB are 10 MB; remembered headers alone would be 5 MB.
    assert peak < 4_000_000


def test_estimate_counts_files_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"123")
    work = estimate([tmp_path])
    assert (work.files, work.size) == (2, 8)
