"""GitHub, a package index, Zenodo, a TAP service, a bucket and a web server's folder, played on this machine: they
speak as the real ones do, keep a list of what they have, and fail on demand."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Reply(msgspec.Struct):
    """What is said back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}


class Services:
    """Everything that is published, and the troubles that are to come, one for each request."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[Asked] = []
        self.trouble: deque[str] = deque()
        self.down = False
        self.releases: dict[str, list[dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.moved: dict[str, str] = {}
        self.index: dict[str, dict[str, dict[str, Any]]] = {}
        self.names: dict[str, str] = {}
        self.serial = 0
        self.number = 1000
        self.html_index = False
        self.records: dict[str, dict[str, Any]] = {}
        self.withdrawn: set[str] = set()
        self.rdm = False
        self.rows: list[list[Any]] = []
        self.tap_status = "OK"
        self.objects: dict[str, tuple[int, str]] = {}
        self.files: dict[str, tuple[int, str]] = {}
        self.server_words = "nginx"
        self.per_page = 2

    # --- publishing ---

    def release(self, repository: str, tag: str, at: datetime, **other: Any) -> dict[str, Any]:
        """A release on GitHub, with its tag."""
        self.number += 1
        number = self.number
        made = {
            "url": f"https://api.github.com/repos/{repository}/releases/{number}",
            "html_url": f"https://github.com/{repository}/releases/tag/{tag}",
            "id": number,
            "tag_name": tag,
            "name": f"{tag} is out",
            "draft": False,
            "prerelease": False,
            "created_at": at.isoformat(),
            "published_at": at.isoformat(),
            "body": "What is new.",
        } | other
        self.releases.setdefault(repository, []).insert(0, made)
        self.tags.setdefault(repository, {}).setdefault(tag, hashlib.sha1(tag.encode()).hexdigest())
        return made

    def upload(self, package: str, version: str, at: datetime | None, *, files: int = 2, yanked: Any = False) -> None:
        """A version on the package index."""
        kinds = [f"-{version}.tar.gz", f"-{version}-py3-none-any.whl", f"-{version}-cp311-cp311-linux_x86_64.whl"]
        self.serial += 1
        self.index.setdefault(package, {})[version] = {
            "files": [package.replace("-", "_") + kind for kind in kinds[:files]],
            "at": at.isoformat().replace("+00:00", "Z") if at else None,
            "yanked": yanked,
        }

    def record(self, concept: str, version: str, at: datetime, sort: str = "dataset", **meta: Any) -> str:
        """A version of a Zenodo record."""
        number = str(7_000_000 + len(self.records) + len(self.withdrawn))
        self.records[number] = {
            "id": int(number),
            "conceptrecid": concept,
            "doi": f"10.5281/zenodo.{number}",
            "created": at.isoformat(),
            "metadata": {"title": "A catalogue", "version": version, "resource_type": {"type": sort}} | meta,
            "files": [{"key": "table.fits", "size": 2_880_000, "checksum": f"md5:{number}"}],
            "links": {"self_html": f"https://zenodo.org/records/{number}"},
        }
        return number

    # --- answering ---

    def answer(self, asked: Asked) -> Reply:
        """What the service at that path says."""
        parts = asked.path.strip("/").split("/")
        if parts[0] == "gh":
            return self._github(asked, parts)
        if parts[0] == "simple":
            return self._index(parts[1])
        if parts[0] == "zen":
            return self._zenodo(asked, parts)
        if parts[0] == "tap":
            return Reply(body=self._votable(int(asked.query["MAXREC"])), headers={"Content-Type": "text/xml"})
        if parts[0] == "bucket":
            return Reply(body=self._bucket(asked), headers={"Content-Type": "application/xml"})
        return Reply(body=self._folder(asked.path), headers={"Content-Type": "text/html"})

    def _github(self, asked: Asked, parts: list[str]) -> Reply:
        name, what = "/".join(parts[2:4]), parts[4]
        if name in self.moved:
            there = f"{self.address}/gh/repos/{self.moved[name]}/{what}?per_page=100"
            return Reply(status=301, headers={"Location": there})
        items: list[Any] = self.releases.get(name, [])
        if what == "tags":
            items = [
                {"name": tag, "commit": {"sha": sha, "url": f"https://api.github.com/repos/{name}/commits/{sha}"}}
                for tag, sha in sorted(self.tags.get(name, {}).items(), reverse=True)
            ]
        page = int(asked.query.get("page", "1"))
        shown = items[(page - 1) * self.per_page : page * self.per_page]
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if page * self.per_page < len(items):
            following = f"{self.address}{asked.path}?per_page=100&page={page + 1}"
            headers["Link"] = f'<{self.address}{asked.path}?page=1>; rel="prev", <{following}>; rel="next"'
        return Reply(body=json.dumps(shown).encode(), headers=headers)

    def _index(self, package: str) -> Reply:
        if package not in self.index:
            return Reply(status=404, body=b"not found")
        versions = self.index[package]
        if self.html_index:
            links = [
                f'<a href="{f}"{" data-yanked" if said["yanked"] else ""}>{f}</a><br/>'
                for said in versions.values()
                for f in said["files"]
            ]
            page = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
            return Reply(body=page.encode(), headers={"Content-Type": "text/html"})
        files = [
            {
                "filename": name,
                "url": f"https://files.example/{name}",
                "hashes": {},
                "size": 1000,
                "yanked": said["yanked"],
            }
            | ({"upload-time": said["at"]} if said["at"] else {})
            for said in versions.values()
            for name in said["files"]
        ]
        page_ = {
            "meta": {"api-version": "1.1", "_last-serial": self.serial},
            "name": self.names.get(package, package),
            "versions": list(versions),
            "files": files,
        }
        return Reply(body=json.dumps(page_).encode(), headers={"Content-Type": "application/vnd.pypi.simple.v1+json"})

    def _zenodo(self, asked: Asked, parts: list[str]) -> Reply:
        if len(parts) == 4:
            if parts[3] in self.withdrawn:
                return Reply(status=410, body=b'{"status": 410, "tombstone": {"note": "by mistake"}}')
            found = self.records.get(parts[3])
            return Reply(body=json.dumps(found).encode()) if found else Reply(status=404, body=b"{}")
        concept = asked.query.get("q", "").partition(":")[2].strip('"')
        found_all = [r for r in self.records.values() if not concept or r["conceptrecid"] == concept]
        found_all.sort(key=lambda r: (r["created"], r["id"]), reverse=True)
        page = int(asked.query.get("page", "1"))
        shown = found_all[(page - 1) * self.per_page : page * self.per_page]
        links = {}
        if page * self.per_page < len(found_all):
            links["next"] = f"{self.address}{asked.path}?q={quote(asked.query.get('q', ''))}&page={page + 1}"
        hits = {"hits": [_as_rdm(r) if self.rdm else r for r in shown], "total": len(found_all)}
        return Reply(body=json.dumps({"hits": hits, "links": links}).encode())

    def _votable(self, maxrec: int) -> bytes:
        if self.tap_status == "ERROR":
            info, table = '<INFO name="QUERY_STATUS" value="ERROR">no column named fluxx</INFO>', ""
        else:
            cells = ["".join(f"<TD>{cell}</TD>" for cell in row) for row in self.rows[:maxrec]]
            rows = "".join(f"<TR>{row}</TR>" for row in cells)
            fields = (
                '<FIELD name="obs_id" datatype="char" arraysize="*"/>'
                '<FIELD name="exposure" datatype="double" unit="s"/>'
                '<FIELD name="target" datatype="unicodeChar" arraysize="*"/>'
            )
            table = f"<TABLE>{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE>"
            info = '<INFO name="QUERY_STATUS" value="OK"/>'
            if self.tap_status == "OVERFLOW" or len(self.rows) > maxrec:
                table += '<INFO name="QUERY_STATUS" value="OVERFLOW"/>'
        head = '<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        return f'{head}<RESOURCE type="results">{info}{table}</RESOURCE></VOTABLE>'.encode()

    def _bucket(self, asked: Asked) -> bytes:
        start = int(asked.query.get("continuation-token", "0"))
        keys = [key for key in sorted(self.objects) if key.startswith(asked.query.get("prefix", ""))]
        shown = keys[start : start + self.per_page]
        more = start + self.per_page < len(keys)
        contents = "".join(
            f"<Contents><Key>{quote(key)}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{self.objects[key][1]}&quot;</ETag><Size>{self.objects[key][0]}</Size></Contents>"
            for key in shown
        )
        token = f"<NextContinuationToken>{start + self.per_page}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}"
            "</ListBucketResult>"
        ).encode()

    def _folder(self, path: str) -> bytes:
        below = path.removeprefix("/files/")
        entries: dict[str, tuple[int, str] | None] = {}
        for name, said in self.files.items():
            if name.startswith(below):
                step, slash, _ = name.removeprefix(below).partition("/")
                entries[step + slash] = None if slash else said
        if self.server_words == "apache":
            rows = "".join(
                f'<tr><td><img src="/icons/x.gif"></td><td><a href="{quote(name)}">{name[:20]}</a></td>'
                f"<td>{said[1] if said else ''}</td><td>{said[0] if said else '-'}</td></tr>"
                for name, said in entries.items()
            )
            sort = '<tr><th><a href="?C=N;O=D">Name</a></th></tr>'
            up = '<tr><td></td><td><a href="/">Parent Directory</a></td></tr>'
            head = f"<html><head><title>Index of {path}</title></head>"
            return f"{head}<body><table>{sort}{up}{rows}</table></body></html>".encode()
        lines = "".join(
            f'<a href="{quote(name)}">{name[:20]}..&gt;</a>   '
            f"{said[1] if said else '-'}   {said[0] if said else '-'}\r\n"
            for name, said in entries.items()
        )
        return (
            f"<html><head><title>Index of {path}</title></head><body><h1>Index of {path}</h1><hr><pre>"
            f'<a href="../">../</a>\n{lines}</pre><hr></body></html>\r\n'
        ).encode()


def _as_rdm(record: dict[str, Any]) -> dict[str, Any]:
    """The same record as InvenioRDM writes it."""
    meta = record["metadata"]
    return {
        "id": str(record["id"]),
        "parent": {"id": record["conceptrecid"]},
        "created": record["created"],
        "pids": {"doi": {"identifier": record["doi"], "provider": "datacite"}},
        "metadata": {**meta, "resource_type": {"id": meta["resource_type"]["type"]}},
        "files": {"enabled": True, "entries": {file["key"]: file for file in record["files"]}},
        "links": record["links"],
    }


def _troubled(services: Services, handler: BaseHTTPRequestHandler, reply: Reply) -> Reply | None:
    """The reply with the next trouble; None where the connection just ends."""
    trouble = services.trouble.popleft() if services.trouble else ""
    if services.down:
        return Reply(status=503, body=b"out of service")
    if trouble == "drop":
        handler.connection.shutdown(socket.SHUT_RDWR)
        return None
    if trouble == "slow":
        time.sleep(1.0)
        return reply
    if trouble == "cut":
        return Reply(headers={**reply.headers, "Content-Length": str(len(reply.body) + 500)}, body=reply.body)
    if trouble == "half":
        return Reply(headers=reply.headers, body=reply.body[: len(reply.body) // 2])
    if trouble == "html":
        return Reply(body=b"<html><body>Down for maintenance</body></html>", headers={"Content-Type": "text/html"})
    if trouble == "empty list":
        return Reply(body=b"[]", headers=reply.headers)
    if trouble == "limited":
        later = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4000000000"}
        return Reply(status=403, body=b'{"message": "API rate limit exceeded"}', headers=later)
    if trouble == "in words":
        return Reply(status=403, body=b'{"message": "You have exceeded a secondary rate limit."}')
    if trouble == "secondary":
        return Reply(status=403, body=b'{"message": "secondary rate limit"}', headers={"Retry-After": "1"})
    if trouble.isdigit():
        return Reply(status=int(trouble), body=b"trouble")
    return reply


@contextmanager
def playing() -> Iterator[Services]:
    """The services, listening."""
    services = Services()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            asked = Asked(parts.path, query, {k.lower(): v for k, v in self.headers.items()})
            with lock:
                services.asked.append(asked)
                reply = services.answer(asked)
                etag = '"' + hashlib.sha1(reply.body).hexdigest() + '"'
                if reply.status == 200 and asked.headers.get("if-none-match") == etag and not services.trouble:
                    reply = Reply(status=304, headers={"ETag": etag})
                elif reply.status == 200:
                    reply.headers = {**reply.headers, "ETag": etag}
                troubled = _troubled(services, self, reply)
            if troubled is None:
                return
            try:
                self.send_response(troubled.status)
                headers = {"Content-Length": str(len(troubled.body)), **troubled.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(troubled.body)
                if headers["Content-Length"] != str(len(troubled.body)):
                    self.close_connection = True
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    services.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
