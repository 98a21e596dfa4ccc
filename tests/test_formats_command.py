"""`nuncius parse`: events on standard output, rejects on standard error, an honest exit status."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from click.testing import CliRunner

from nuncius.commands.parse import command

GOLDEN = Path(__file__).parent / "golden"


def run(*arguments: str, given: bytes | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, list(arguments), input=given)
    return result.exit_code, result.stdout, result.stderr


def test_events_are_json_lines() -> None:
    status, out, err = run(str(GOLDEN / "igwn_update.json"), str(GOLDEN / "text_icecube_gold.txt"))
    events = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert [e["kind"] for e in events] == ["lvk.alert.update", "gcn.notice.icecube.ic86.gold"]
    assert "raw" not in events[0]


def test_rejects_go_to_stderr_one_line_each_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<broken")
    (tmp_path / "b.json").write_bytes((GOLDEN / "json_circular.json").read_bytes())
    status, out, err = run(str(tmp_path))
    assert status == 1
    assert len(out.splitlines()) == 1
    (line,) = err.splitlines()
    assert line.startswith("rejected: ")
    assert "a.xml" in line
    assert "not well-formed" in line


def test_standard_input_is_read() -> None:
    status, out, _ = run("-", given=(GOLDEN / "json_circular.json").read_bytes())
    assert status == 0
    assert json.loads(out)["id"] == "circular:99902/1"


def test_raw_bytes_on_request() -> None:
    path = GOLDEN / "binary_integral_weak.bin"
    _, out, _ = run("--raw", str(path))
    assert base64.b64decode(json.loads(out)["raw"]) == path.read_bytes()


def test_summary_counts_kinds_and_what_is_lacking() -> None:
    samples = [str(p) for p in sorted(GOLDEN.iterdir()) if p.is_file()]
    status, out, _ = run("--json", *samples)
    summary = json.loads(out)
    assert status == 0
    expected = [json.loads(file.read_text(encoding="utf-8")) for file in (GOLDEN / "expected").iterdir()]
    assert summary["events"] == sum(len(events) if isinstance(events, list) else 1 for events in expected)
    assert summary["kinds"]["lvk.alert.update"] == 2
    # The retraction of a mock superevent as JSON has no time of its own.
    assert summary["lacking"] == {"lvk.alert.retraction: trigger_time": 1}
    assert "1 of lvk.alert.retraction without trigger_time" in run("--summary", *samples)[1]


def test_a_path_that_is_not_there_is_a_usage_error() -> None:
    status, _, err = run("nowhere.xml")
    assert status == 2
    assert "nowhere.xml does not exist" in err


def test_help_teaches_by_example() -> None:
    out = run("--help")[1]
    assert "nuncius parse --summary" in out
    assert "Exit status" in out


def test_types_are_listed() -> None:
    assert " 111  FERMI_GBM_FLT_POS            gcn.notice.fermi.gbm.flt_pos" in run("--types")[1]
