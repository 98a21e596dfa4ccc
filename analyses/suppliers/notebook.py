"""Analyses that are notebooks, annotated as nb2workflow reads them (docs/add-an-analysis.md):

    analysis: spi-acs-quick-look
    supplier: notebook
    about: Background and brightest second of a count rate
    file: spi_acs_quick_look.ipynb

The notebook's own cells tell inputs, units and outputs. It runs in a process and a kernel of its own.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec

from analyses.contract import Analysis
from analyses.suppliers.annotated import written
from analyses.suppliers.contract import SUPPLIERS, Document, Supply, made
from analyses.suppliers.given import plain_value
from analyses.suppliers.keeping import MB, Ended, Limits, clean, environment_for, keep, workplace
from analyses.suppliers.notebookcells import Notebook, read_notebook
from analyses.suppliers.notebooksaid import harvested, result_of
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.core.result import Result

KERNEL = Path(__file__).with_name("kernel")
NEEDED = ("nbclient", "nbformat", "ipykernel")
#: What went wrong elsewhere, by the names of Python's and the libraries' errors, may go right later.
PASSING = frozenset(
    {"ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "RemoteDisconnected", "IncompleteRead"}
    | {"Timeout", "TimeoutError", "ConnectTimeout", "ReadTimeout", "ChunkedEncodingError", "MaxRetryError"}
    | {"NewConnectionError", "DALServiceError", "RemoteServiceError", "NameResolveError", "TransientError"}
)


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notebook's own keys. `files` are beside it and are copied to where it runs; `python` is the interpreter of its
    kernel (default: ours), which needs ipykernel; `environment` names variables that are passed on."""

    file: str
    files: tuple[str, ...] = ()
    python: str = ""
    environment: tuple[str, ...] = ()
    memory_mb: Annotated[int, msgspec.Meta(ge=256)] = 4096
    output_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


def build(document: Document, keys: Keys) -> Analysis:
    """The analysis. Raises ConfigurationError naming the notebook's cell and line."""
    if document.parameters:
        raise ConfigurationError("parameters: a notebook tells them itself, in its cell tagged `parameters`")
    folder = document.origin.parent
    notebook = read_notebook(folder / keys.file)
    files = [file for pattern in keys.files for file in _beside(folder, pattern)]

    def run(**inputs: Any) -> Result:
        return _run(document, keys, notebook, files, inputs)

    content = b"\0".join([notebook.content, *(f.read_bytes() for f in files if f.stat().st_size < 16 * MB)])
    return made(document, run, notebook.parameters, content=content)


def _beside(folder: Path, pattern: str) -> list[Path]:
    if pattern.startswith(("/", "~")) or ".." in Path(pattern).parts:
        raise ConfigurationError(f"files: '{pattern}' is not beside the notebook")
    found = sorted(file for file in folder.glob(pattern) if file.is_file())
    if not found:
        raise ConfigurationError(f"files: there is no {pattern} in {folder}")
    return found


def _run(document: Document, keys: Keys, notebook: Notebook, files: list[Path], inputs: dict[str, Any]) -> Result:
    what = f"the notebook {notebook.file.name}"
    _must_have(NEEDED)
    with workplace() as place:
        work = place / "work"
        for file in files:
            target = work / file.relative_to(document.origin.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        order = _order(notebook, keys, inputs, place)
        (place / "asked.json").write_text(json.dumps(order), encoding="utf-8")
        ended = keep(
            [sys.executable, "-s", "-P", str(KERNEL / "run.py"), str(place / "asked.json")],
            place,
            Limits(seconds=document.timeout_s, memory_mb=keys.memory_mb, output_mb=keys.output_mb),
            what=what,
            environment={
                **environment_for(place, keys.environment),
                "NUNCIUS_HARVEST": str(place / "harvest.jsonl"),
                "IPYTHONDIR": str(work / ".ipython"),
                "JUPYTER_PLATFORM_DIRS": "1",
            },
        )
        answer = _answer(place, ended, what)
        harvest = harvested(place / "harvest.jsonl")
        if answer.get("error"):
            raise _failure(what, answer, keys.python or sys.executable)
        return result_of(document.analysis, notebook, answer, place, harvest, what=what)


def _must_have(modules: tuple[str, ...]) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"notebooks need {', '.join(missing)}: pip install 'nuncius[notebooks]'")


def _order(notebook: Notebook, keys: Keys, inputs: dict[str, Any], place: Path) -> dict[str, Any]:
    """What the process beside us is to do. The inputs go behind the defaults in the same cell, so that cells keep their
    numbers; one more cell at the end writes the outputs."""
    data = msgspec.json.decode(msgspec.json.encode(notebook.data))
    for cell in data["cells"]:
        if cell.get("cell_type") == "code":  # what it gave when somebody saved it is no result of this run
            cell["outputs"], cell["execution_count"] = [], None
    given = {
        name: plain_value(name, written(value, notebook.forms.get(name, "")), place / "work")
        for name, value in inputs.items()
    }
    for name in notebook.paths:  # it runs elsewhere than who named the file
        named = given[name]
        if isinstance(named, str) and not (place / "work" / named).is_file() and Path(named).is_file():
            given[name] = str(Path(named).resolve())
    data["cells"][notebook.at]["source"] += "\n" + assignments(given)
    outputs = str(place / "outputs.json")
    last = f"__import__('nuncius_kernel.outputs').outputs.collect(globals(), {list(notebook.outputs)!r}, {outputs!r})"
    data["cells"].append({"cell_type": "code", "metadata": {}, "source": last, "outputs": [], "execution_count": None})
    (place / "s").mkdir()
    return {
        "notebook": data,
        "cells": len(notebook.data["cells"]),
        "kernel": [keys.python or sys.executable, str(KERNEL / "start.py"), "-f", "{connection_file}"],
        "connection_file": str(place / "s" / "k.json"),
        "sockets": str(place / "s" / "k"),
        "work": str(place / "work"),
        "place": str(place),
        "answer": str(place / "answer.json"),
        "output_mb": keys.output_mb,
    }


def assignments(inputs: dict[str, Any]) -> str:
    """Python that assigns plain values: each is written as a literal, which is all that a text can become."""
    return "".join(f"{name} = {value!r}\n" for name, value in inputs.items())


def _answer(place: Path, ended: Ended, what: str) -> dict[str, Any]:
    file = place / "answer.json"
    if not file.is_file():
        raise TransientError(f"{what} ended without an answer (status {ended.status}){ended.told()}")
    answer: dict[str, Any] = json.loads(file.read_bytes())
    return answer


def _failure(what: str, answer: dict[str, Any], python: str) -> TransientError | PermanentError:
    """The failing cell's number and its last lines."""
    error = answer["error"]
    where = f"{what}, cell {error['cell']} of {answer['cells']}"
    if error["cell"] > answer["cells"]:
        where = f"{what}, behind its last cell"
    if error["sort"] == "died":
        return TransientError(f"{where}: its kernel died, often for want of memory")
    if error["sort"] == "raised":
        text = f"{where}: {error['name']}: {clean(error['value'])}\n{clean(error['traceback'])}"
        return TransientError(text) if error["name"].rpartition(".")[2] in PASSING else PermanentError(text)
    if error["sort"] == "start":
        said = clean(error["value"])
        return PermanentError(f"{what}: no kernel starts in {python}, which must have ipykernel: {said}")
    return PermanentError(f"{where}: {error['value']}")


SUPPLIERS.add("notebook", Supply(keys=Keys, build=build))
