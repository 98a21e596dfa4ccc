"""The page of a backtest: one HTML file that needs no server and no network, for a large screen and for a telephone."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

from reactors.backtestreport import DELAY_EDGES, duration_text, stretches
from reactors.timeline import Axis, day_bars, histogram

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--dim:#5b6675;--line:#d8dde4;--paper:#fff;--card:#f6f7f9;--bar:#2a6fb0;
--gain:#1a7f4b;--lose:#b3362b;--change:#8a6100}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--dim:#9aa5b4;--line:#343b46;--paper:#14181e;--card:#1c222a;
--bar:#6fb1ee;--gain:#5fce93;--lose:#f08a7e;--change:#e3b85a}}
*{box-sizing:border-box}body{margin:0 auto;max-width:62rem;padding:1rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .6rem}
h3{font-size:1.05rem;margin:0;overflow-wrap:anywhere}p{margin:.3rem 0;overflow-wrap:anywhere}
.dim{color:var(--dim);font-size:.9rem}
section.rule{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem;margin:.8rem 0}
.head{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;justify-content:space-between}
.big{font-size:1.25rem;font-variant-numeric:tabular-nums}svg{display:block;width:100%;height:44px;fill:var(--bar)}
svg .gap{fill:var(--line);opacity:.5}.axis,.edges{display:flex;font-size:.75rem;color:var(--dim);line-height:1.2;
border-top:1px solid var(--line);padding-top:.15rem}
.axis span{overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
.pair{display:grid;grid-template-columns:minmax(0,1fr);gap:.8rem;margin:.6rem 0}
@media(max-width:30rem){.axis,.edges{font-size:.66rem}}
@media(min-width:46rem){.pair{grid-template-columns:minmax(0,2fr) minmax(0,1fr)}}.edges{justify-content:space-between}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:.25rem .5rem .25rem 0;
border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}th{font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.wide{overflow-x:auto}
details{margin-top:.4rem}summary{cursor:pointer;color:var(--dim)}li{margin:.35rem 0;overflow-wrap:anywhere}
ul{padding-left:1.1rem;margin:.4rem 0}.gained{color:var(--gain)}.lost{color:var(--lose)}.changed{color:var(--change)}
code{font-size:.88em;overflow-wrap:anywhere}
"""


def page(found: dict[str, Any]) -> str:
    """The report of `backtestreport.report` as one HTML document."""
    axis = Axis(stretches(found["archive"]["days"]))
    rules = sorted(found["rules"], key=lambda rule: (-rule["objects"], -rule["fired"], rule["rule"]))
    body = [
        _head(found),
        _arrivals(found, axis),
        _diff(found["diff"]) if "diff" in found else "",
        "<h2>Rules</h2>",
        *(_rule(rule, axis) for rule in rules),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Backtest of rules</title>'
        f"<style>{_STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _head(found: dict[str, Any]) -> str:
    archive, took = found["archive"], found["took"]
    firings = sum(rule["fired"] for rule in found["rules"])
    reader = took["peak_memory_of_a_reader_mb"]
    return (
        f"<h1>Backtest of {len(found['rules'])} rules</h1>"
        f'<p class="big">{firings:,} firings on {archive["messages"]:,} messages</p>'
        f'<p class="dim">{_day(archive["first"])} to {_day(archive["last"])} · {archive["decided"]:,} heard by a '
        f"rule, {archive['rejected']:,} rejected, {archive['seen_twice']:,} seen twice, {archive['undated']:,} without "
        f"a date · {took['seconds']:.0f} s ({took['messages_per_s']:,}/s), at most {took['peak_memory_mb']:.0f} MB"
        f"{f' and {reader:.0f} MB in each reader' if reader else ''}. Nothing was sent and nothing was run.</p>"
    )


def _arrivals(found: dict[str, Any], axis: Axis) -> str:
    days = found["archive"]["days"]
    return (
        f"<h2>What arrived</h2>{day_bars(days, axis, unit='events')}{_axis(axis)}"
        f'<p class="dim">Events a day, at most {max(days.values(), default=0):,}. Gaps are closed up.</p>'
    )


def _axis(axis: Axis) -> str:
    gap = (1.0 - sum(part for _, part in axis.labels())) / max(len(axis.breaks), 1)
    spans = "".join(
        f'<span style="width:{100 * part:.2f}%;margin-right:{100 * gap:.2f}%">{escape(name)}</span>'
        for name, part in axis.labels()
    )
    return f'<div class="axis">{spans}</div>'


def _rule(rule: dict[str, Any], axis: Axis) -> str:
    others = ", ".join(f"{outcome} {count:,}" for outcome, count in rule["outcomes"].items() if outcome != "fired")
    status = "" if rule["status"] == "live" else f' <span class="dim">({escape(rule["status"])})</span>'
    parts = [
        f'<section class="rule"><div class="head"><h3>{escape(rule["rule"])}{status}</h3>'
        f'<span class="big">{rule["fired"]:,}</span></div>',
        f'<p class="dim">{escape(rule["about"])} <code>{escape(rule["file"])}</code></p>' if rule["about"] else "",
    ]
    if rule["fired"]:
        parts.append(f'<div class="pair"><div>{day_bars(rule["days"], axis, unit="firings")}{_axis(axis)}')
        on = ", ".join(f"{escape(kind)} {count:,}" for kind, count in list(rule["kinds"].items())[:4])
        objects = f"{rule['objects']:,} objects; " if rule["objects"] else ""
        parts.append(f'<p class="dim">{objects}{on}</p></div>{_delays(rule)}</div>')
    if rule["because"]:
        lines = "".join(f"<li><code>{escape(b['line'])}</code> {b['times']:,} times</li>" for b in rule["because"])
        parts.append(f"<details><summary>Why it did not fire: {escape(others)}</summary><ul>{lines}</ul></details>")
    elif others:
        parts.append(f'<p class="dim">otherwise: {escape(others)}</p>')
    return "".join([*parts, _firings(rule), "</section>"])


def _delays(rule: dict[str, Any]) -> str:
    delay = rule["delay_s"]
    if not delay:
        return ""
    words = f"median {duration_text(delay['median'])}, nine in ten within {duration_text(delay['p90'])}"
    edges = [DELAY_EDGES[0], DELAY_EDGES[len(DELAY_EDGES) // 2], DELAY_EDGES[-1]]
    marks = "".join(f"<span>{duration_text(edge)}</span>" for edge in edges)
    return (
        f'<div>{histogram(rule["delay_histogram"], label=f"delays: {words}")}<div class="edges">{marks}</div>'
        f'<p class="dim">arrival after T0: {words}</p></div>'
    )


def _firings(rule: dict[str, Any]) -> str:
    firings = rule["firings"]
    if not firings:
        return ""
    rows = "".join(
        f"<tr><td>{_minute(f['at'])}</td><td>{escape(f['title'])}</td>"
        f'<td class="n">{duration_text(f["delay_s"]) if f["delay_s"] is not None else ""}</td></tr>'
        for f in firings
    )
    shown = f"{len(firings):,} of {rule['fired']:,}" if len(firings) < rule["fired"] else f"{len(firings):,}"
    return (
        f'<details><summary>Firings ({shown})</summary><div class="wide"><table><tr><th>arrived</th><th>would say</th>'
        f'<th class="n">after T0</th></tr>{rows}</table></div></details>'
    )


def _diff(diff: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(row['rule'])} <span class=dim>{row['state']}</span></td>"
        + "".join(f'<td class="n {change}">{row[change]:,}</td>' for change in ("gained", "lost", "changed"))
        + "</tr>"
        for row in diff["rules"]
    )
    items = "".join(
        f'<li><span class="{one["change"]}">{one["change"]}</span> {_minute(one["at"])} <b>{escape(one["rule"])}</b> '
        f"{escape(one['title'])}<br><code>{escape(one['line'])}</code></li>"
        for one in diff["firings"]
    )
    listed = len(diff["firings"])
    more = f", the first {listed:,} listed" if listed < diff["total"] else ""
    return (
        "<h2>What the edited rules do otherwise</h2><table><tr><th>rule</th><th class=n>gained</th>"
        f"<th class=n>lost</th><th class=n>changed</th></tr>{rows}</table>"
        f"<details><summary>{diff['total']:,} firings{more}</summary><ul>{items}</ul></details>"
    )


def _day(text: str | None) -> str:
    return f"{date.fromisoformat(text[:10]):%d %b %Y}" if text else "nothing"


def _minute(text: str) -> str:
    return escape(text[:16].replace("T", " "))
