"""Pages to hand over."""

from typing import Any
from uuid import uuid4

from activities.paging.letters import Letter
from activities.paging.messages import PageMessage
from activities.paging.pages import page_letter
from definitions.contacts import Channel, ChannelType
from records.signing import Signer

SIGNER = Signer(["a key of the tests"])
PUBLIC_URL = "https://tocsin.shop.example"

ADDRESSES = {
    ChannelType.EMAIL: "ana@shop.example",
    ChannelType.SMS: "+4915112345678",
    ChannelType.VOICE: "+4915112345678",
    ChannelType.WEBHOOK: "https://hooks.shop.example/ana",
    ChannelType.SLACK: "C024BE91L",
    ChannelType.TEAMS: "https://teams.shop.example/hook",
    ChannelType.APPRISE: "json://apprise.shop.example/",
}


def channel(kind: ChannelType, **changed: Any) -> Channel:
    """A channel of that type."""
    return Channel(**{"name": kind.lower(), "type": kind, "address": ADDRESSES[kind]} | changed)


def page(on: Channel, **changed: Any) -> PageMessage:
    """An incident's page to Ana."""
    page_id = str(uuid4())
    return PageMessage(
        **{
            "key": f"{page_id}-0",
            "page_id": page_id,
            "engagement_id": str(uuid4()),
            "incident_id": str(uuid4()),
            "contact": "ana",
            "display_name": "Ana",
            "channel": on,
            "subject": "The shop is down",
            "content": "Nobody can buy.",
            "impact": 2,
            "plan": "shop",
        }
        | changed
    )


def letter(on: Channel, **changed: Any) -> Letter:
    """That page, ready to leave."""
    return page_letter(page(on, **changed), SIGNER, PUBLIC_URL)[0]
