"""Archives on loopback that speak the Virtual Observatory's Simple Cone Search and TAP: well, slowly, wrongly, or to
do harm. Each answers by the path that is asked and keeps what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FIELDS = """<FIELD name="name" datatype="char" arraysize="*" ucd="meta.id;meta.main"/>
<FIELD name="ra" datatype="double" ucd="pos.eq.ra;meta.main" unit="deg"/>
<FIELD name="dec" datatype="double" ucd="pos.eq.dec;meta.main" unit="deg"/>
<FIELD name="otype" datatype="char" arraysize="*"/><FIELD name="z" datatype="double"/>
<FIELD name="mag" datatype="double"/>"""
HEAD = """<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">"""

Row = tuple[str, float, float, str, float | None, float | None]


def table(rows: list[Row], *, status: str = "OK", said: str = "") -> str:
    """A VOTable of (name, ra, dec, type, redshift, magnitude)."""
    cells = "".join(
        "<TR>" + "".join(f"<TD>{'' if cell is None else cell}</TD>" for cell in row) + "</TR>" for row in rows
    )
    info = f'<INFO name="QUERY_STATUS" value="{status}">{said}</INFO>'
    return f"{HEAD}{info}<TABLE>{FIELDS}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"


ERROR = f'{HEAD}<INFO name="QUERY_STATUS" value="ERROR">no such column: otyp</INFO></RESOURCE></VOTABLE>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE VOTABLE [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><VOTABLE><RESOURCE><DESCRIPTION>&i;</DESCRIPTION></RESOURCE></VOTABLE>"
)
PROMISE = table([]).replace('datatype="char" arraysize="*"/>', 'datatype="double" arraysize="4000000000"/>', 1)
ROWS = table([]).replace("<TABLE>", '<TABLE nrows="2000000000">')
NOT_NUMBERS = table([("evil\x7f\u202e<b>", 1.0, 2.0, "G", None, None)]).replace("<TD>1.0</TD>", "<TD>one</TD>")


class Archive:
    """What paths answer, as text or (status, text), and what was asked: path and parameters."""

    def __init__(self) -> None:
        self.answers: dict[str, str | tuple[int, str]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def answer(self, path: str) -> tuple[int, str]:
        said = self.answers.get(path, (404, "no such service"))
        return said if isinstance(said, tuple) else (200, said)


@contextmanager
def archive() -> Iterator[Archive]:
    """An archive. `/slow` sends a byte a while, `/endless` never stops, `/moved` redirects; the rest by `answers`."""
    made = Archive()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._reply(parts.path, parse_qs(parts.query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._reply(urlsplit(self.path).path, parse_qs(body))

        def _reply(self, path: str, asked: dict[str, Any]) -> None:
            made.asked.append((path, {key: values[0] for key, values in asked.items()}))
            if path.startswith(("/slow", "/endless")):
                self.send_response(200)
                self.end_headers()
                piece, pause = (b" ", 0.2) if path.startswith("/slow") else (b" " * 1_000_000, 0.0)
                try:
                    for _ in range(100):
                        self.wfile.write(piece)
                        self.wfile.flush()
                        time.sleep(pause)
                except OSError:
                    pass  # whoever asked has hung up, as it should
                return
            if path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", "http://elsewhere.invalid/")
                self.end_headers()
                return
            status, text = made.answer(path)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml" if text.startswith("<") else "text/plain")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
