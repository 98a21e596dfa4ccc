"""Notebooks, commands and archives that tests make: written to a folder, served on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VOTABLE = """<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/><TABLE>
<FIELD name="name" datatype="char" arraysize="*" ucd="ID_MAIN"/>
<FIELD name="ra" datatype="double" ucd="POS_EQ_RA_MAIN" unit="deg"/>
<FIELD name="dec" datatype="double" ucd="POS_EQ_DEC_MAIN" unit="deg"/>
<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""


def votable(*rows: tuple[str, float, float]) -> str:
    """A cone search's answer."""
    cells = "".join(f"<TR><TD>{name}</TD><TD>{ra}</TD><TD>{dec}</TD></TR>" for name, ra, dec in rows)
    return VOTABLE.format(rows=cells)


def cell(source: str, *tags: str) -> dict[str, Any]:
    """A code cell."""
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def prose(source: str) -> dict[str, Any]:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def write_notebook(folder: Path, cells: Sequence[dict[str, Any]], name: str = "sample", **keys: Any) -> Path:
    """A notebook and the document that makes it the analysis `name`."""
    data = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (folder / f"{name}.ipynb").write_text(json.dumps(data), encoding="utf-8")
    return write_document(folder, name, supplier="notebook", file=f"{name}.ipynb", **keys)


def write_document(folder: Path, name: str, **keys: Any) -> Path:
    """A document of one analysis; JSON is YAML."""
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps({"analysis": name, "about": "A sample", **keys}), encoding="utf-8")
    return file


@contextmanager
def served(answers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback: answers by the path that a request begins with, and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = next((text for path, text in answers.items() if self.path.startswith(path)), None)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/plain" if body and body[0] != "<" else "text/xml")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
