"""Certificates of every https address that the settings name: ours, and those of the platforms looked after."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from analyses.checks.contract import Finding, Platform, check
from analyses.checks.expiring import certificate_end, left
from nuncius.core.errors import PermanentError, TransientError

#: Time enough to renew one.
DAYS = 14.0
MOST = 10


@check("certificates", about="Certificates of https addresses are good for two weeks", every_s=6 * 3600.0)
def certificates(platform: Platform) -> Finding:
    """Broken when one is refused or runs out soon. An address that does not answer is a matter of its own check."""
    given = [url for places in platform.settings.platforms.values() for url in places.values()]
    urls = [url for url in (*platform.settings.https, *given) if url.startswith("https://")]
    hosts = list({urlsplit(url).netloc: url for url in urls}.values())[:MOST]
    if not hosts:
        return Finding(name="certificates", ok=None, reason="not set up: no https address under [checks]")
    wrong, well, values = [], [], {}
    for url in hosts:
        host = str(urlsplit(url).hostname)
        try:
            end = certificate_end(url, timeout_s=5.0)
        except PermanentError as error:
            wrong.append(str(error))
            continue
        except TransientError as error:
            well.append(f"{error} (not told)")
            continue
        values[host] = round((end - platform.now).total_seconds() / 86400.0, 2)
        soon = end - platform.now <= timedelta(days=DAYS)
        (wrong if soon else well).append(f"{host} {left(end, platform.now)}")
    if wrong:
        mend = "renew it on that host: `certbot renew`, or ask whoever runs it"
        return Finding(name="certificates", ok=False, reason="; ".join(wrong), mend=mend, values=values)
    return Finding(name="certificates", ok=True if values else None, reason="; ".join(well), values=values)
