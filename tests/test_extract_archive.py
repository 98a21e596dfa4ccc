"""A whole archive through `nuncius extract`: every kind of source, in parallel, and going on after kill -9."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.extraction.batch import Choice, Output, in_order
from kg.extraction.scoring import load
from kg.extraction.sources import documents, read_text
from nuncius.commands.extract import command
from nuncius.core.errors import ConfigurationError


def _circular(number: int, **more: Any) -> dict[str, Any]:
    body = f"We find z = {1 + number % 700 / 1000:.3f} from Mg II and Fe II lines (GCN {number - 7})."
    return {"circularId": number, "subject": "GRB 260307A: spectroscopy", "body": body} | more


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _run(*arguments: object) -> Any:
    return CliRunner().invoke(command, [str(a) for a in arguments])


ROWS = [_circular(n) for n in range(34000, 34010)]


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "json", "folder", "tar.gz"])
def test_every_kind_of_source_gives_the_same_facts(tmp_path: Path, kind: str) -> None:
    plain = _run(_write(tmp_path / "plain.jsonl", ROWS)).stdout
    source = tmp_path / f"source.{kind}"
    if kind == "jsonl":
        _write(source, ROWS)
    elif kind == "jsonl.gz":
        source.write_bytes(gzip.compress((tmp_path / "plain.jsonl").read_bytes()))
    elif kind == "json":
        source.write_text(json.dumps(ROWS), encoding="utf-8")
    elif kind == "folder":
        source.mkdir()
        for row in ROWS:
            (source / f"{row['circularId']}.json").write_text(json.dumps(row), encoding="utf-8")
    else:
        with tarfile.open(source, "w:gz") as archive:
            for row in ROWS:
                member = tarfile.TarInfo(f"archive.json/{row['circularId']}.json")
                content = json.dumps(row).encode()
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    assert _run(source).stdout == plain
    assert len(plain.splitlines()) >= 3 * len(ROWS)


def test_telegrams_and_abstracts_are_read_as_circulars_are() -> None:
    telegram = {"atelId": 17000, "title": "GRB 260307A: redshift", "body": "We find z = 1.25 from lines (GCN 34101)."}
    paper = {"arxivId": "2603.01234", "title": "The host of GRB 260307A", "abstract": "Lines give z = 0.5."}
    out = CliRunner().invoke(command, input="".join(json.dumps(row) + "\n" for row in (telegram, paper)))
    facts = [json.loads(line) for line in out.stdout.splitlines()]
    assert {(f["document"], f["circular"]) for f in facts} == {("ATel 17000", None), ("arXiv:2603.01234", None)}
    said = {(f["document"], f["predicate"], f["value"]) for f in facts}
    assert ("ATel 17000", "redshift", 1.25) in said
    assert ("ATel 17000", "cites", 34101) in said
    assert ("arXiv:2603.01234", "redshift", 0.5) in said


def test_a_document_without_a_name_or_a_text_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    source = _write(tmp_path / "mixed.jsonl", [{"atelId": 5, "title": "x"}, {"body": "x"}, ROWS[0]])
    result = _run(source)
    assert result.exit_code == 1
    assert "line 1: ATel 5: its text" in result.stderr
    assert "line 2: circular None: circularId must be int" in result.stderr
    assert result.stdout


def test_in_parallel_the_order_is_that_of_the_source(tmp_path: Path) -> None:
    source = _write(tmp_path / "many.jsonl", [_circular(n) for n in range(30000, 30130)])
    alone = b"".join(d.lines for d in in_order(documents(source), Choice(), 1))
    together = b"".join(d.lines for d in in_order(documents(source), Choice(), 2))
    assert alone == together


def test_after_kill_9_the_run_goes_on_without_loss_or_repetition(tmp_path: Path, project: Path) -> None:
    source = _write(tmp_path / "archive.jsonl", [_circular(n) for n in range(20000, 26000)])
    whole, output = tmp_path / "whole.jsonl", tmp_path / "facts.jsonl"
    arguments = [sys.executable, "-m", "nuncius.cli", "extract", str(source), "--workers", "1", "--output"]
    killed = 0
    for pause in (0.3, 0.8):
        process = subprocess.Popen([*arguments, str(output)], cwd=project, stderr=subprocess.DEVNULL)
        _wait_for_growth(output)
        time.sleep(pause)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed
    # What a write cut short leaves behind the last note is not taken for facts.
    with output.open("ab") as file:
        file.write(b'{"circular": 20')
    subprocess.run([*arguments, str(output)], cwd=project, check=True, stderr=subprocess.DEVNULL)
    subprocess.run([*arguments, str(whole)], cwd=project, check=True, stderr=subprocess.DEVNULL)
    assert output.read_bytes() == whole.read_bytes()
    assert output.stat().st_size > 0


def _wait_for_growth(output: Path) -> None:
    before = output.stat().st_size if output.exists() else 0
    for _ in range(600):
        time.sleep(0.05)
        if output.exists() and output.stat().st_size > before:
            return
    pytest.fail("nothing was written within 30 s")


def test_output_of_another_source_or_of_other_options_is_not_touched(tmp_path: Path) -> None:
    source, other = _write(tmp_path / "a.jsonl", ROWS), _write(tmp_path / "b.jsonl", ROWS[:2])
    output = tmp_path / "facts.jsonl"
    assert _run(source, "-o", output).exit_code == 0
    before = output.read_bytes()
    for arguments in ((other, "-o", output), (source, "-o", output, "-p", "redshift")):
        result = _run(*arguments)
        assert result.exit_code == 2
        assert "with other options" in result.stderr
    assert output.read_bytes() == before
    assert "is complete" in _run(source, "-o", output).stderr
    assert _run(other, "-o", output, "--again").exit_code == 0
    assert output.read_bytes() != before


def test_a_file_of_somebody_elses_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "notes.txt"
    mine.write_text("dear diary")
    with pytest.raises(ConfigurationError, match="was not begun by this command"):
        Output(mine, "source", Choice(), again=False)
    assert mine.read_text() == "dear diary"


def test_explain_shows_what_was_left_and_why(tmp_path: Path) -> None:
    row = _circular(34000, body="Lines give z = 1.234. The quasar in the field has a redshift of z = 2.1.")
    source = _write(tmp_path / "one.jsonl", [row])
    shown = _run(source, "--explain", "-p", "redshift", "--scorer", "grammar")
    assert shown.exit_code == 0
    assert "taken" in shown.stdout
    assert "left" in shown.stdout
    lines = [json.loads(line) for line in _run(source, "--explain", "--json", "-p", "redshift").stdout.splitlines()]
    assert [(c["value"], c["taken"]) for c in lines] == [(1.234, True), (2.1, False)]
    assert all(c["why"] and c["features"] for c in lines)
    assert row["body"][lines[0]["start"] : lines[0]["end"]] == lines[0]["text"] == "1.234"


def test_where_no_scorer_is_it_is_said_and_grammar_alone_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("nuncius.commands.extract.load", lambda: None)
    result = _run(_write(tmp_path / "one.jsonl", ROWS[:1]))
    assert "grammar alone" in result.stderr
    assert result.exit_code == 0
    assert load(tmp_path / "none.json") is None


def test_a_broken_scorer_is_named(tmp_path: Path) -> None:
    (tmp_path / "scorer.json").write_text("{")
    with pytest.raises(ConfigurationError, match="is no scorer"):
        load(tmp_path / "scorer.json")


def test_a_telegram_may_cite_any_circular() -> None:
    text = read_text(json.dumps({"atelId": "#123", "title": "t", "text": "b"}).encode())
    assert (text.document, text.circular.number > 50_000) == ("ATel 123", True)
