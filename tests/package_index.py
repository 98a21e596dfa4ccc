"""A package index on this machine (PEP 503, 691 and 700) with wheels made on the spot, for tests of regression runs."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def wheel(name: str, version: str, code: str, requires: Sequence[str] = ()) -> bytes:
    """A wheel with one module of the package's name."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    records = []
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for path, text in files.items():
            made.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            records.append(f"{path},sha256={digest},{len(text.encode())}")
        made.writestr(f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,", ""]))
    return out.getvalue()


@dataclass
class PackageIndex:
    """Serves what was added. `asked` counts requests, `down` makes every answer an error."""

    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def __enter__(self) -> PackageIndex:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = index.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/simple/"

    def add(
        self,
        name: str,
        version: str,
        code: str = "",
        *,
        requires: Sequence[str] = (),
        yanked: bool = False,
        tag: str = "py3-none-any",
        uploaded: datetime | None = None,
    ) -> None:
        """Release a version; each a day after the one before. `tag` may be one that suits no machine."""
        content = wheel(name, version, code, requires)
        file = f"{name}-{version}-{tag}.whl"
        self.files[file] = content
        page = self.pages.setdefault(name, [])
        moment = uploaded or FIRST + timedelta(days=len(page))
        page.append(
            {
                "filename": file,
                "url": f"/files/{file}",
                "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                "size": len(content),
                "upload-time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "yanked": yanked,
            }
        )

    def answer(self, path: str) -> tuple[int, str, bytes]:
        self.asked.append(path)
        if self.down:
            return 503, "text/plain", b"down for maintenance"
        name = path.rstrip("/").rsplit("/", 1)[-1]
        if path.startswith("/files/") and name in self.files:
            return 200, "application/octet-stream", self.files[name]
        if path.startswith("/simple/") and name in self.pages:
            said = {"meta": {"api-version": "1.1"}, "name": name, "files": self.pages[name], "versions": []}
            return 200, "application/vnd.pypi.simple.v1+json", json.dumps(said).encode()
        return 404, "text/plain", b"no such package"
