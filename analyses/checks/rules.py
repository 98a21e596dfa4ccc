"""Whether every rule file loads. The rules come from above: checks know none."""

from __future__ import annotations

from analyses.checks.contract import Finding, Platform, check


@check("rules", about="Every rule file loads", every_s=300.0, proves=("reactions",))
def rules(platform: Platform) -> Finding:
    """Broken when a file has errors; the service goes on with its last good version."""
    if platform.rules is None:
        return Finding(name="rules", ok=None, reason="not to be told here")
    wrong = platform.rules()
    if wrong:
        reason = f"{len(wrong)} errors; the first: {wrong[0]}"
        return Finding(name="rules", ok=False, reason=reason, mend="`nuncius rules check` shows all, with their lines")
    return Finding(name="rules", ok=True, reason="all load")
