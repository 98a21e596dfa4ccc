"""The addresses of the rule editor: to try a rule one must be a reviewer, to save one an operator."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from console import editing, pages, ruleviews
from console.backtesting import Backtesting
from console.ruletexts import Saved, Source, save, shared_texts, source_of
from console.signin import Form, Reader, Role, checked_form, needs
from nuncius.core.clock import Clock
from nuncius.core.errors import DeadlineExceeded, PermanentError
from nuncius.journal import Journal
from reactors.loader import Loaded
from reactors.rule import Rule
from reactors.ruleset import RuleSet

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

Reviewer = Annotated[Reader, Depends(needs(Role.REVIEWER))]
Filled = Annotated[Form, Depends(checked_form)]
#: The service reads changed rules every second.
IN_FORCE_WITHIN_S = 2.5
_NEW = """rule: my-first-rule
about: What it is for.
when: lvk.alert
if:
  - ev.significant
status: shadow
do:
  - post: "${ev.name}: ${ev.url}"
"""


class Desk:
    """What the editor works on."""

    def __init__(
        self, journal: Journal, rules: Callable[[], RuleSet] | None, clock: Clock, folder: Path | None
    ) -> None:
        self.journal, self.clock, self.folder = journal, clock, folder
        self._rules = rules

    def rules(self) -> RuleSet:
        """Those in force."""
        return self._rules() if self._rules else RuleSet([])

    def rule(self, name: str) -> Rule | None:
        """One in force, unless it is somebody's subscription."""
        return next((rule for rule in ruleviews.shown(self._rules) if rule.name == name), None)

    def source(self, rule: Rule | None) -> Source:
        """What is edited: the rule's text, or one to begin with."""
        return Source(text=_NEW, stamp="", file="", own=True) if rule is None else source_of(rule, self.folder)

    def save(self, request: Request, reader: Reader, form: Mapping[str, str], loaded: Loaded) -> Saved:
        """Write the text, and tell who did. Raises PermanentError."""
        if self.folder is None:
            raise PermanentError("nothing can be saved here: [web] rules_folder names no folder; download it instead")
        if not reader.role.covers(Role.OPERATOR):
            raise PermanentError(f"only an operator saves rules, and {reader.shown} is a {reader.role}; download it")
        stamp, now = form.get("stamp", ""), self.clock.now()
        saved = save(self.folder, form["text"], loaded, stamp=stamp, rules=self.rules(), now=now)
        about = f"saved {', '.join(saved.rules)} in {saved.file}: {saved.before or 'new'} → {saved.now}"
        request.state.about = about  # who and when, the gate notes
        log.info("%s %s", reader.shown, about)
        self._await({rule.name: rule.hash for rule in loaded.rules})
        return saved

    def _await(self, saved: Mapping[str, str]) -> None:
        """Until the service has read what was saved, so that nobody next sees, or backtests, the rules before."""
        until = time.monotonic() + IN_FORCE_WITHIN_S
        while time.monotonic() < until:
            if saved.items() <= {rule.name: rule.hash for rule in self.rules().rules}.items():
                return
            time.sleep(0.1)


def edit_routes(
    journal: Journal, rules: Callable[[], RuleSet] | None, clock: Clock, folder: Path | None = None
) -> APIRouter:
    """The editor and the backtests that people ask for. `folder` is where operators may save rules."""
    router, desk = APIRouter(include_in_schema=False), Desk(journal, rules, clock, folder)
    backtesting = Backtesting(journal, clock)

    def page(name: str, reader: Reader, text: str, stamp: str, status: int = 200, **values: Any) -> Response:
        blank: dict[str, Any] = {
            "checked": None,
            "past": [],
            "tests": None,
            "said": None,
            "problem": "",
            "event": "",
            "asked": "",
        }
        may = {"may_save": folder is not None and reader.role.covers(Role.OPERATOR), "editable": folder is not None}
        values = {**blank, **may, "name": name, "text": text, "stamp": stamp, "days": editing.DAYS, **values}
        return HTMLResponse(pages.render("ruleedit.html", journal, clock.now(), **values), status_code=status)

    @router.get("/rules/edit")
    def new(reader: Reviewer) -> Response:
        return page("", reader, _NEW, "")

    @router.get("/rules/{name}/edit")
    def edit(reader: Reviewer, name: str) -> Response:
        rule = desk.rule(name)
        if rule is None:
            return HTMLResponse(pages.missing_page(journal, name, clock.now()), status_code=404)
        try:
            source = desk.source(rule)
        except PermanentError as error:
            return page(name, reader, "", "", problem=str(error))
        return page(name, reader, source.text, source.stamp)

    @router.post("/rules/check.json")
    def live(_: Reviewer, form: Filled) -> Response:
        try:
            found, _loaded = editing.look_over(form.get("text", ""), shared_texts(desk.rules()), desk.rules())
        except PermanentError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse(msgspec.to_builtins(found))

    @router.post("/rules/edit")
    def act(request: Request, reader: Reviewer, form: Filled) -> Response:
        text, name, do = form.get("text", ""), form.get("name", ""), form.get("do", "check")
        event = form.get("event", "")[:400]
        shown: dict[str, Any] = {"event": event, "asked": do}
        again = (name, reader, text, form.get("stamp", ""))
        if do == "download":
            return _download(text, name)
        try:
            shared = shared_texts(desk.rules())
            found, loaded = editing.look_over(text, shared, desk.rules())
            shown["checked"] = found
            if found.errors:
                return page(*again, status=422, **shown)
            match do:
                case "past":
                    shown["past"] = editing.past(journal, text, _before(desk, loaded), shared, clock.now())
                case "tests":
                    shown["tests"] = editing.tests(journal, text, shared)
                case "event":
                    shown["said"] = editing.event(journal, text, shared, event)
                case "save":
                    saved = desk.save(request, reader, form, loaded)
                    return RedirectResponse(f"/rules/{saved.rules[0]}?saved=1", status_code=303)
        except (PermanentError, DeadlineExceeded) as error:
            return page(*again, status=422, problem=str(error), **shown)
        return page(*again, **shown)

    @router.post("/rules/{name}/backtest")
    def backtest(reader: Reviewer, name: str, form: Filled) -> Response:
        rule = desk.rule(name)
        if rule is None:
            return HTMLResponse(pages.missing_page(journal, name, clock.now()), status_code=404)
        days = form.get("days", "365")
        try:
            source = desk.source(rule)
            shared = shared_texts(desk.rules())
            text = "\n" * source.above + source.text  # so that lines are told as they stand in the file
            backtesting.begin(rule, text, shared, int(days) if days.isdecimal() else 0, reader.shown)
        except PermanentError as error:
            return page(name, reader, "", "", status=409, problem=str(error))
        return RedirectResponse(f"/rules/{name}#backtest", status_code=303)

    return router


def _before(desk: Desk, loaded: Loaded) -> str:
    """The texts of the rules in force that the edited ones would replace, to compare with."""
    texts: Sequence[str] = [
        desk.source(rule).text for edited in loaded.rules if (rule := desk.rule(edited.name)) is not None
    ]
    return "\n---\n".join(dict.fromkeys(texts))


def _download(text: str, name: str) -> Response:
    safe = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_.")) or "rule"
    named = {"Content-Disposition": f'attachment; filename="{safe}.yaml"'}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=named)
