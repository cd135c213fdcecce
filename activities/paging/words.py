"""The words of a page: what happened, and how to say "I have it"."""

from collections.abc import Mapping
from dataclasses import dataclass

from activities.paging.messages import PageMessage
from definitions.message_templates import LONGEST_CONTENT, LONGEST_SUBJECT, MessageTemplates

SMS_SEGMENT = 160
"""Characters of one SMS in the GSM alphabet."""

LONGEST_SHORT = 600
"""Characters of a short text that tells everything: four SMS."""

LONGEST_SPOKEN = 1000
"""Characters read out: a minute."""


@dataclass(frozen=True)
class Words:
    """One page in words. `failure` says which template could not be used."""

    subject: str
    content: str
    body: str
    short: str
    spoken: str
    failure: str = ""


@dataclass(frozen=True)
class Answering:
    """The ways to acknowledge: a link and digits, where the signing keys are known."""

    link: str | None = None
    code: str | None = None


def words(message: PageMessage, answering: Answering, *, others: int = 0) -> Words:
    """The page as its channel may tell it; `others` incidents that were held back are told of with it.

    A quiet channel gets the public text, and no link: whoever reads along could open it.
    """
    subject, content, failure = _text(message, others)
    quiet = message.channel.is_quiet
    more = _more(others)
    return Words(
        subject=subject + _and_more(others),
        content=content,
        body=_body(message, subject, content, more, answering),
        short=_short(
            message, subject, content, more, answering, longest=SMS_SEGMENT if quiet else LONGEST_SHORT
        ),
        spoken=shorten(
            " ".join(_sentence(text) for text in (subject, content, more) if text), LONGEST_SPOKEN
        ),
        failure=failure,
    )


def shorten(text: str, longest: int) -> str:
    """The text, cut off with "..." where it is too long."""
    return text if len(text) <= longest else text[: max(longest - 3, 0)].rstrip() + "..."


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def _text(message: PageMessage, others: int) -> tuple[str, str, str]:
    """Subject and content for the channel, and what was wrong with its templates."""
    templates = message.templates
    if message.channel.is_quiet:
        subject, content = message.public_subject, message.public_content
        names = ("public_subject", "public_content")
        if not subject and not content:
            subject = _neutral(message)
    else:
        subject, content = message.subject, message.content
        names = ("subject", "content")
    failures = []
    if templates is not None:
        facts = _facts(message, others)
        subject, failed = _rendered(templates, names[0], facts, subject, LONGEST_SUBJECT)
        failures.append(failed)
        content, failed = _rendered(templates, names[1], facts, content, LONGEST_CONTENT)
        failures.append(failed)
    storable = [text.encode("utf-8", "replace").decode() for text in (subject, content)]
    return one_line(storable[0]), storable[1].strip(), "; ".join(filter(None, failures))


def _rendered(
    templates: MessageTemplates, name: str, facts: Mapping[str, object], standard: str, longest: int
) -> tuple[str, str]:
    template: str | None = getattr(templates, name)
    if template is None:
        return standard, ""
    # Jinja is slow to import, and most plans have the standard words.
    from definitions.template_language import TemplateFailure, render

    try:
        return render(template, facts, longest=longest), ""
    except TemplateFailure as failure:
        return standard, f"the plan's messages.{name} was not used: {failure}"


def _facts(message: PageMessage, others: int) -> dict[str, object]:
    return {
        "incident_id": message.incident_id,
        "engagement_id": message.engagement_id,
        "subject": message.subject,
        "title": message.title or message.subject,
        "content": message.content,
        "impact": message.impact,
        "plan": message.plan,
        "contact": message.contact,
        "display_name": message.display_name or message.contact,
        "sender": message.sender,
        "stage": message.stage,
        "send": message.send,
        "others": others,
        "channel": message.channel.name,
        "channel_type": message.channel.type.value,
    }


def _neutral(message: PageMessage) -> str:
    """What gives nothing away."""
    if message.incident_id is None:
        return "Tocsin: you are being paged"
    return "Tocsin: incident" + (f", impact {message.impact}" if message.impact is not None else "")


def _more(others: int) -> str:
    if not others:
        return ""
    if others == 1:
        return "1 more incident pages you; `tocsin list` shows it"
    return f"{others} more incidents page you; `tocsin list` shows them"


def _and_more(others: int) -> str:
    return f", and {others} more incident{'' if others == 1 else 's'}" if others else ""


def _body(message: PageMessage, subject: str, content: str, more: str, answering: Answering) -> str:
    """Whoever was woken reads the first lines: what it is, and what to press."""
    has_link = answering.link is not None and not message.channel.is_quiet
    head = [subject, more, f"I have it / I cannot / snooze: {answering.link}" if has_link else ""]
    foot = [
        f"You are {message.contact} (stage {message.stage + 1}).",
        f"{'Or' if has_link else 'To answer,'} run: tocsin ack {message.subject_id} --contact {message.contact}",
        f"or: tocsin accept {message.page_id} {answering.code}" if answering.code else "",
    ]
    paragraphs = ["\n".join(filter(None, head)), content, "\n".join(filter(None, foot))]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _short(
    message: PageMessage, subject: str, content: str, more: str, answering: Answering, *, longest: int
) -> str:
    more = more.partition(";")[0]
    ending = f"Reply {answering.code} to acknowledge" if answering.code else "Answer with: tocsin ack"
    tail = " ".join([_sentence(part) for part in (more,) if part] + [ending])
    if answering.link and not message.channel.is_quiet:
        # A link that is cut off would be worse than none.
        tail += f" or open {answering.link}"
        longest += len(answering.link)
    text = " ".join(_sentence(one_line(part)) for part in (subject, content) if part)
    return f"{shorten(text, longest - len(tail) - 1)} {tail}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."
