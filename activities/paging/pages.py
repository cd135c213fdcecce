"""Pages as letters: their words, and the links and digits that acknowledge them."""

from activities.paging.letters import Letter, Links
from activities.paging.messages import PageMessage
from activities.paging.words import Answering, words
from records.signing import PageLink, Signer


def page_letter(
    message: PageMessage, signer: Signer | None, public_url: str, *, others: int = 0
) -> tuple[Letter, str]:
    """The page, ready to leave, and what was wrong with its templates ("": nothing).

    Without a signer it has neither link nor code. `others` incidents that were held are told of with it.
    """
    links = _links(message, signer, public_url) if signer else None
    said = words(
        message,
        Answering(
            link=links.acknowledge if links else None,
            code=signer.accept_code(message.page_id) if signer else None,
        ),
        others=others,
    )
    letter = Letter(
        key=message.key,
        channel=message.channel,
        subject=said.subject,
        content=said.content,
        body=said.body,
        short=said.short,
        spoken=said.spoken,
        links=links,
        about={
            "incident_id": message.incident_id,
            "engagement_id": message.engagement_id,
            "page_id": message.page_id,
            "contact": message.contact,
            "impact": message.impact,
            "plan": None if message.channel.is_quiet else message.plan,
            "stage": message.stage,
            "send": message.send,
            "others": others,
        },
    )
    return letter, said.failure


def _links(message: PageMessage, signer: Signer, public_url: str) -> Links:
    token = signer.link(
        PageLink(
            subject_id=message.subject_id,
            engagement_id=message.engagement_id,
            contact=message.contact,
            page_id=message.page_id,
            send=message.send,
        )
    )
    server = public_url.rstrip("/")
    return Links(
        acknowledge=f"{server}/a/{token}",
        press=f"{server}/twilio/voice/{token}",
        report=f"{server}/twilio/status/{token}",
    )
