"""All that stands in a VOEvent, in one pass over its tree: nothing interpreted, nothing lost but people's contacts."""

from __future__ import annotations

from typing import Any

from lxml import etree

from listeners.formats._where import Where, read_where
from listeners.words import IDS, typed

#: Units that say "none".
_NO_UNIT = frozenset({"", " ", "dn", "None", "-", "none"})


def local(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2] if tag[:1] == "{" else tag


class Packet:
    """Parameters by name (a name seen before gets its group in front), groups, times, place, reasons, citations."""

    def __init__(self, root: Any) -> None:
        self.role: str = root.get("role") or "observation"
        self.params: dict[str, Any] = {}
        self.units: dict[str, str] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.references: list[str] = []
        self.descriptions: list[str] = []
        self.citations: list[dict[str, str]] = []
        self.why: dict[str, Any] = {}
        self.how: list[str] = []
        self.date: str | None = None
        self.author: str | None = None
        self.where = Where()
        for section in root.iterchildren(tag=etree.Element):
            tag = local(section.tag)
            if tag == "What":
                self._what(section)
            elif tag == "Who":
                self._who(section)
            elif tag == "WhereWhen":
                self.where = read_where(section)
            elif tag == "Why":
                self._why(section)
            elif tag == "How":
                self._how(section)
            elif tag == "Citations":
                self._citations(section)
            elif tag in ("Description", "Reference"):  # voevent-parse leaves a tag of its own at this place
                self._other(section, tag)

    def _who(self, who: Any) -> None:
        """Names, telephone numbers and addresses of people are left out on purpose."""
        for part in who.iterchildren("{*}Date", "{*}AuthorIVORN"):
            if local(part.tag) == "Date":
                self.date = part.text
            elif part.text:
                self.author = part.text.strip()

    def _what(self, what: Any) -> None:
        self._params(what, None)
        for part in what.iterchildren("{*}Group", "{*}Table", "{*}Description", "{*}Reference"):
            tag = local(part.tag)
            if tag == "Group":  # its Description explains, and says nothing of the event
                self._params(part, part.get("type") or part.get("name") or "")
                for reference in part.iterchildren("{*}Reference"):
                    self._other(reference, "Reference")
            elif tag == "Table":
                self._keep(part.get("name") or "Table", [cell.text or "" for cell in part.iter("{*}TD")], None)
            else:
                self._other(part, tag)

    def _params(self, section: Any, group: str | None) -> None:
        """Read the Params of a section. This runs some forty times a packet and is most of the cost of reading one:
        hence one loop, one call for all attributes, and no calls where none is needed."""
        params, units = self.params, self.units
        members = self.groups.setdefault(group, {}) if group else None
        for part in section.iterchildren("{*}Param"):
            attributes = dict(part.items())
            text = attributes.get("value")
            if text is None:
                text = next((v.text or "" for v in part.iterchildren("{*}Value")), "")
            name = attributes.get("name") or attributes.get("ucd") or "unnamed"
            literal = name in IDS or attributes.get("dataType") == "string"
            value = text.strip() if literal else typed(text)
            if name in params:
                name = self._keep(name, value, group)
            else:
                params[name] = value
                if members is not None:
                    members[name] = value
            unit = attributes.get("unit")
            if unit is not None and unit not in _NO_UNIT:
                units[name] = unit

    def _keep(self, name: str, value: Any, group: str | None) -> str:
        """The name under which the value is kept: nothing is overwritten."""
        if group:
            self.groups.setdefault(group, {}).setdefault(name, value)
        if name in self.params:
            stem = name = f"{group}.{name}" if group else name
            count = 2
            while name in self.params:
                name, count = f"{stem}_{count}", count + 1
        self.params[name] = value
        return name

    def _other(self, part: Any, tag: str) -> None:
        if tag == "Reference":
            self.references.append(part.get("uri") or "")
        elif tag == "Description":
            if part.text and part.text.strip():
                self.descriptions.append(part.text.strip())
        elif part.text and part.text.strip():
            self._keep(tag, part.text.strip(), None)

    def _how(self, how: Any) -> None:
        for part in how.iterchildren(tag=etree.Element):
            if local(part.tag) == "Reference":
                self.references.append(part.get("uri") or "")
            elif part.text and part.text.strip():
                self.how.append(part.text.strip())

    def _why(self, why: Any) -> None:
        self.why.update({str(k): typed(str(v)) for k, v in why.items()})
        for part in why.iter(tag=etree.Element):
            tag = local(part.tag)
            if tag == "Inference":
                self.why.update({str(k): typed(str(v)) for k, v in part.items()})
            elif tag != "Why" and part.text and part.text.strip():
                self.why.setdefault(tag.lower(), part.text.strip())

    def _citations(self, citations: Any) -> None:
        for part in citations.iterchildren(tag=etree.Element):
            tag = local(part.tag)
            if tag in ("EventIVORN", "EventID"):
                self.citations.append({"cite": part.get("cite") or "followup", "ivorn": (part.text or "").strip()})
            else:
                self._other(part, tag)
