"""Public buckets as sources: ListObjectsV2 of S3 and of what speaks like it, page by page, unsigned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatch
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec
from lxml import etree

from listeners.polling.contract import Page
from listeners.polling.web import Answer, Web
from listeners.releases.answers import Garbled, keeping
from listeners.releases.listing import LONGEST_NAME, MOST_FILES, File, files_event, look
from listeners.releases.settings import BucketSettings
from nuncius.core.errors import PermanentError

PACE_S = 0.1


class BucketSource(msgspec.Struct, frozen=True, kw_only=True):
    """The objects of a bucket under a prefix."""

    settings: BucketSettings

    @property
    def name(self) -> str:
        """The name of the duty."""
        return f"s3:{self.settings.name}"

    @property
    def every_s(self) -> float:
        """How often it is looked at, in seconds."""
        return self.settings.every_s

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """What came, changed and went since `state`, once it has come to rest."""
        return keeping(self._pages(state, web, now), state, now)

    def _pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        bucket = self.settings
        files = {n: f for n, f in self._objects(web) if fnmatch(n.rpartition("/")[2], bucket.match)}
        yield from look(
            state,
            files,
            lambda chain, seen, known: files_event("s3", bucket.name, bucket.url, chain, seen, known, now),
            self.name,
        )

    def _objects(self, web: Web) -> Iterator[tuple[str, File]]:
        token, asked, count = "", set(), 0
        while True:
            which = {"list-type": "2", "encoding-type": "url", "prefix": self.settings.prefix}
            which |= {"continuation-token": token} if token else {}
            answer = web.get(f"{self.settings.url.rstrip('/')}/?{urlencode(which)}", pace_s=PACE_S)
            files, token = objects(answer)
            for file in files:
                count += 1
                if count > MOST_FILES:
                    raise PermanentError(f"{self.name}: more than {MOST_FILES} objects; set a longer prefix")
                yield file
            if not token:
                return
            if token in asked:
                raise Garbled("the same continuation token again", answer)
            asked.add(token)


def objects(answer: Answer) -> tuple[list[tuple[str, File]], str]:
    """The objects on one page and the token of the next, empty at the end. Raises Garbled."""
    if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body:
        raise Garbled("XML with a document type", answer)
    try:
        root = etree.fromstring(answer.body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Garbled(f"no list of objects: {error}", answer) from error
    if etree.QName(root).localname != "ListBucketResult":
        raise Garbled(f"no list of objects: {_text(root, 'Message') or etree.QName(root).localname}", answer)
    coded = _text(root, "EncodingType") == "url"
    found = []
    for item in root.iterfind("{*}Contents"):
        key = _text(item, "Key")
        key = unquote(key) if coded else key
        if not key or key.endswith("/") or len(key) > LONGEST_NAME:
            continue  # a folder's own entry
        size = _text(item, "Size")
        etag = _text(item, "ETag").strip('"')
        file = File(
            size=float(size) if size.isascii() and size.isdigit() else None,
            modified=_text(item, "LastModified")[:40],
            checksum=f"etag:{etag[:100]}" if etag else "",
        )
        found.append((key, file))
    token = _text(root, "NextContinuationToken")
    if _text(root, "IsTruncated") == "true" and not token:
        raise Garbled("cut short, without a token for the rest", answer)
    return found, token if _text(root, "IsTruncated") == "true" else ""


def _text(element: Any, name: str) -> str:
    return str(element.findtext(f"{{*}}{name}") or "").strip()
