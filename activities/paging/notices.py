"""Notices, which ask for no answer, as letters."""

from activities.paging.letters import Letter
from activities.paging.messages import Notice
from activities.paging.voice import spell
from activities.paging.words import LONGEST_SHORT, LONGEST_SPOKEN, one_line, shorten


def notice_letter(notice: Notice) -> Letter:
    """The notice, ready to leave."""
    text = " ".join(part for part in (notice.subject, notice.body) if part)
    body = f"{notice.subject}\n\n{notice.body}" if notice.body else notice.subject
    return Letter(
        key=notice.key,
        channel=notice.channel,
        subject=one_line(notice.subject),
        content=notice.body,
        body=f"{notice.display_name or notice.contact},\n\n{body}\n",
        short=shorten(one_line(text), LONGEST_SHORT),
        spoken=shorten(spell(text), LONGEST_SPOKEN),
    )
