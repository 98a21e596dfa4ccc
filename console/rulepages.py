"""The addresses of the pages of rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from console import pages, ruleviews
from console.backtesting import DAYS, Backtesting
from nuncius.core.clock import Clock
from nuncius.journal import Journal

if TYPE_CHECKING:
    from reactors.ruleset import RuleSet


def rule_routes(journal: Journal, rules: Callable[[], RuleSet] | None, clock: Clock) -> APIRouter:
    """The list of rules, and one page for each."""
    router = APIRouter(include_in_schema=False)

    backtesting = Backtesting(journal, clock)

    @router.get("/rules", response_class=HTMLResponse)
    def all_rules() -> str:
        return pages.render("rules.html", journal, clock.now(), rules=ruleviews.shown(rules))

    @router.get("/rules/{name}")
    def one_rule(
        name: str,
        event: Annotated[str, Query(max_length=400)] = "",
        before: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
        saved: bool = False,
    ) -> HTMLResponse:
        now = clock.now()
        page = ruleviews.rule_page(journal, rules, name, now, before=before, event=event)
        if page is None:
            return HTMLResponse(pages.missing_page(journal, name, now), status_code=404)
        values = {"backtests": backtesting.of(name, page.rule), "days": DAYS, "saved": saved}
        return HTMLResponse(pages.render("rule.html", journal, now, page=page, event=event, **values))

    return router
