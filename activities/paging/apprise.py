"""Pages on everything else: one Apprise URL names a service of the hundred and more that Apprise knows.

Apprise tells no message id, no status and no Retry-After. Its URLs hold secrets, so nothing it says is repeated here.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome

if TYPE_CHECKING:
    import apprise

TIMEOUT = 10.0
"""Seconds a service may take; what it does later is not known."""


async def send(letter: Letter, address: str) -> Delivery:
    """Hand the letter to the service and say what is known."""
    # The first use imports the library and its plugins: a quarter of a second that nobody else should wait for.
    services = await asyncio.to_thread(_open, address)
    if services is None:
        return delivery(Outcome.REJECTED, "Apprise knows no service of this URL; see its list of services")
    result = await services.async_notify(title=letter.subject, body=letter.body, body_format="text")
    name = result.status.name
    match name:
        case "SUCCESS":
            return delivery(Outcome.SENT, "Apprise: SUCCESS", provider_id=letter.key)
        case "PARTIAL":
            return delivery(Outcome.SENT, "Apprise: some targets of the URL failed", provider_id=letter.key)
        case "TIMEOUT":
            return delivery(Outcome.UNKNOWN, f"Apprise: no answer within {TIMEOUT:.0f} s")
        case "NOMATCH":
            return delivery(Outcome.REJECTED, "Apprise: the URL names no target")
    return delivery(Outcome.RETRY, "Apprise: the service refused or did not answer")


def _open(address: str) -> "apprise.Apprise | None":
    import apprise

    logging.getLogger("apprise").disabled = True  # it logs URLs
    services = apprise.Apprise(asset=apprise.AppriseAsset(service_timeout=TIMEOUT))
    if not services.add(address) or not len(services):
        return None
    for service in services:
        # Apprise calls a service that took the message and says nothing for 4 s a failure, which is tried again for an
        # hour. The timeout above must be the first to run out: then nobody knows, and it is repeated with care.
        service.socket_read_timeout = TIMEOUT * 2
    return services
