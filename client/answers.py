"""What a contact says to being paged, whoever passes it on: acknowledge, decline, snooze, hand over."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from temporalio.service import RPCError

from client.connection import build
from client.engagements import Engagements
from client.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from client.incidents import Incidents
from definitions.durations import format_duration
from records.engagements import EngagementRecord
from records.incidents import IncidentRecord
from workflows.messages import (
    LONGEST_SNOOZE,
    SHORTEST_SNOOZE,
    Acknowledge,
    Answer,
    Decline,
    HandOver,
    RefusedAnswer,
    Snooze,
    Unacknowledge,
)
from workflows.starting import PATIENCE

Answered: TypeAlias = IncidentRecord | EngagementRecord
"""What the answer was given to, as it stands after it: an incident, or an engagement that stands alone."""

_ANSWERED: Any = IncidentRecord | EngagementRecord

SNOOZE = timedelta(minutes=30)
"""How long a snooze lasts when nobody says."""


class AnswerKind(StrEnum):
    """The answers there are, named as the updates that take them."""

    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"
    UNACKNOWLEDGE = "unacknowledge"
    SNOOZE = "snooze"
    HAND_OVER = "hand_over"


_MESSAGES: dict[AnswerKind, type[Answer]] = {
    AnswerKind.ACKNOWLEDGE: Acknowledge,
    AnswerKind.DECLINE: Decline,
    AnswerKind.UNACKNOWLEDGE: Unacknowledge,
    AnswerKind.SNOOZE: Snooze,
    AnswerKind.HAND_OVER: HandOver,
}


def snooze_trouble(duration: timedelta) -> str:
    """What is wrong with a snooze of that length, in words; empty if nothing is."""
    if SHORTEST_SNOOZE <= duration <= LONGEST_SNOOZE:
        return ""
    wrong = "short" if duration < SHORTEST_SNOOZE else "long"
    least, most = format_duration(SHORTEST_SNOOZE), format_duration(LONGEST_SNOOZE)
    return f"{format_duration(duration)} is too {wrong}; snooze for {least} to {most}"


def answer_message(kind: AnswerKind, *, duration: timedelta | None = None, **fields: Any) -> Answer:
    """The message of an answer; raises InvalidInputError."""
    if kind is AnswerKind.SNOOZE:
        fields["duration"] = span = SNOOZE if duration is None else duration
        if trouble := snooze_trouble(span):
            raise InvalidInputError(f"duration: {trouble}")
    return build(_MESSAGES[kind], **fields)


class Answers(Incidents, Engagements):
    """Answering for a contact, by the id of an incident (all its engagements of them) or of one engagement.

    All of them raise ConflictError if the contact has not been engaged; that goes on the timeline, too.
    """

    async def answer(
        self,
        incident_or_engagement: str,
        kind: AnswerKind,
        contact: str,
        *,
        note: str = "",
        duration: timedelta | None = None,
        to: str | None = None,
    ) -> Answered:
        """Any of the answers. A snooze takes a `duration` (default: 30 minutes), a hand-over `to`, another contact."""
        workflow_id, engagement_id = await self._answered(incident_or_engagement)
        successor = await self._successor(to) if kind is AnswerKind.HAND_OVER else {}
        message = answer_message(
            kind,
            contact=contact,
            author=self.author,
            note=note,
            engagement_id=engagement_id,
            duration=duration,
            **successor,
        )
        return await self._say(workflow_id, message)

    async def decline(self, incident_or_engagement: str, contact: str, *, note: str = "") -> Answered:
        """The contact cannot: whoever comes next is paged at once."""
        return await self.answer(incident_or_engagement, AnswerKind.DECLINE, contact, note=note)

    async def unacknowledge(self, incident_or_engagement: str, contact: str, *, note: str = "") -> Answered:
        """The contact does not have it after all: the plan goes on."""
        return await self.answer(incident_or_engagement, AnswerKind.UNACKNOWLEDGE, contact, note=note)

    async def snooze(
        self, incident_or_engagement: str, contact: str, duration: timedelta = SNOOZE, *, note: str = ""
    ) -> Answered:
        """The contact has it for a while (1 minute to 7 days), and is paged anew after it."""
        return await self.answer(
            incident_or_engagement, AnswerKind.SNOOZE, contact, duration=duration, note=note
        )

    async def hand_over(
        self, incident_or_engagement: str, contact: str, to: str, *, note: str = ""
    ) -> Answered:
        """The contact gives it to another contact, who is paged in their place. NotFoundError: nobody is called so."""
        return await self.answer(incident_or_engagement, AnswerKind.HAND_OVER, contact, to=to, note=note)

    async def _answered(self, given: str) -> tuple[str, str | None]:
        """The workflow to tell, and the engagement that is meant if it is not all of them."""
        full = await self.full_id(given)
        try:
            engagement = await self.get_engagement(full)
        except (NotFoundError, UnavailableError):
            # Not an engagement, or PostgreSQL is away: an incident can be answered without it.
            return full, None
        return engagement.incident_id or full, full

    async def _successor(self, to: str | None) -> dict[str, Any]:
        if to is None:
            raise InvalidInputError("to: say which contact it is handed over to")
        part = await self._part_for(to)
        if to not in part.contacts:
            raise InvalidInputError(
                f"to: {to!r} is not a contact; it can be handed over to a person only, "
                "`tocsin engage` pages plans and schedules"
            )
        return {"to": to, "catalog": part}

    async def _say(self, workflow_id: str, message: Answer) -> Answered:
        """Have the workflow take an answer. What it refuses goes on the timeline, for somebody may be guessing."""
        kind = next(kind for kind, model in _MESSAGES.items() if isinstance(message, model))
        try:
            answered: Answered = await self._update(workflow_id, kind, message, _ANSWERED)
            return answered
        except ConflictError as error:
            await self._note_refusal(workflow_id, kind, message.contact, str(error))
            raise

    async def _note_refusal(self, workflow_id: str, answer: str, contact: str, reason: str) -> None:
        """Best effort: whoever was refused hears so in any case."""
        message = build(
            RefusedAnswer, answer=answer, contact=contact, reason=reason[:500], author=self.author
        )
        with contextlib.suppress(RPCError, RuntimeError):
            handle = self.temporal.get_workflow_handle(workflow_id)
            await handle.signal("refused_answer", message, rpc_timeout=PATIENCE)
