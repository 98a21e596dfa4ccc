"""What `nuncius doctor` finds about the webhooks' door: who is let in, and whether they can be."""

from __future__ import annotations

from collections.abc import Iterator

from analyses.checks.contract import Finding
from nuncius.core.errors import ConfigurationError
from nuncius.settings import Settings


def hook_findings(settings: Settings) -> Iterator[Finding]:
    """Who may knock, and what stands in their way."""
    try:
        senders = settings.hooks.open_to()
    except ConfigurationError as error:
        yield Finding(
            name="webhooks", ok=False, reason=str(error), mend="docs/webhooks.md shows how a sender is set up"
        )
        return
    if not senders:
        mend = "set a secret, such as NUNCIUS_GITHUB_SECRET; docs/webhooks.md lists all"
        yield Finding(name="webhooks", ok=None, reason="nobody is let in", mend=mend)
    elif not settings.web.enabled:
        names = ", ".join(senders)
        mend = "set enabled = true under [web]"
        yield Finding(name="webhooks", ok=False, reason=f"{names} have secrets, but the web server is off", mend=mend)
    else:
        told = "; ".join(f"{name}: {', '.join(sender.kinds)}" for name, sender in senders.items())
        yield Finding(name="webhooks", ok=True, reason=f"let in at {settings.web.url}hooks/ are {told}")
