"""The ways that petcam.yaml names."""

import logging
from collections import Counter
from collections.abc import Iterator

from petcam.config import Notify
from petcam.telling.apprise_way import AppriseWay
from petcam.telling.ntfy import Ntfy
from petcam.telling.way import Way
from petcam.telling.webhook import Webhook

MAX_WAYS = 8  # each has a thread, and one more while it sends; the unit has 32 in all

log = logging.getLogger("petcam.telling")


def ways_of(notify: Notify, camera: str) -> list[Way]:
    """Each with a name of its own. What cannot be used is logged, without what may be secret."""
    found: dict[str, Way] = {way.key: way for way in _each(notify, camera)}
    if len(found) > MAX_WAYS:
        log.error("notify.urls: of %d ways the first %d are used", len(found), MAX_WAYS)
    ways, seen = list(found.values())[:MAX_WAYS], Counter[str]()
    for way in ways:
        seen[way.name] += 1
        if seen[way.name] > 1:
            way.name = f"{way.name} ({seen[way.name]})"
    return ways


def _each(notify: Notify, camera: str) -> Iterator[Way]:
    if notify.webhook:
        try:
            yield Webhook(notify.webhook, notify.webhook_secret_file, camera)
        except ValueError:
            log.error("notify.webhook is no URL that can be used")
        else:
            if not notify.webhook_secret_file:
                log.warning("notify.webhook: nothing is signed, as notify.webhook_secret_file is empty")
    for number, url in enumerate(notify.urls, 1):
        try:
            yield Ntfy(url) if url.lower().startswith(("ntfy://", "ntfys://")) else AppriseWay(url)
        except ValueError:
            log.error("notify.urls: number %d is no URL that can be used", number)
