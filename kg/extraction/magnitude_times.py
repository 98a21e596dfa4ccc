"""When a magnitude of running text was measured: the moment beside it, in its sentence, or last told above it."""

from __future__ import annotations

from kg.extraction.epochs import DURATION, Epoch, seconds_in
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting
from kg.extraction.table_times import iso
from kg.openings import compiled

#: `(t_mid = 15.17 hr)`, `(T - T0 = 0.9378h)`, `(t_mid - t0 = 1.0589 days)` behind a value.
_BEHIND = compiled(
    rf"[^;\n]{{0,24}}?\(?[Tt]_?(?:mid|obs)?(?: ?- ?[Tt]_?0)? ?[=~] ?(?P<count>\d+(?:\.\d+)?) ?{DURATION}"
)
#: A moment told farther above than this belongs to something else.
_ABOVE = 800


def set_moment(setting: Setting, hit: Hit) -> None:
    """Gives a value its moment, where the text tells one; one told above is the observation's, often its beginning."""
    text = setting.document.even(hit.where).text
    if behind := _BEHIND.match(text, hit.end):
        hit.epoch_s = round(float(behind["count"]) * seconds_in(behind["unit"]), 3)
        return
    epoch = _nearest(setting.epochs(hit.where, hit.begin, hit.end), hit.begin, hit.end)
    if epoch is None and hit.where == "body":
        before = [e for e in setting.all_epochs if e.end <= hit.begin and hit.begin - e.end < _ABOVE]
        since = [e for e in before if e.epoch_s is not None]
        epoch = since[-1] if since else before[-1] if before else None
        hit.epoch_above = epoch is not None
    if epoch is not None:
        hit.epoch_s, hit.epoch = epoch.epoch_s, iso(epoch.utc) if epoch.utc else None


def _nearest(epochs: list[Epoch], start: int, end: int) -> Epoch | None:
    """The moment that belongs to a value: right behind it, else the last in front, else the first behind."""
    behind = [e for e in epochs if e.start >= end]
    before = [e for e in epochs if e.end <= start]
    if before and start - before[-1].end <= 8:
        return before[-1]
    if behind and behind[0].start - end <= 45:
        return behind[0]
    return before[-1] if before else behind[0] if behind else None
