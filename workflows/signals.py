"""Signals from people with nothing but Temporal's tools: read with care, refused where everybody can see it."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.journal import Journal

with workflow.unsafe.imports_passed_through():
    from records.base import Record
    from records.timeline import EventType

T = TypeVar("T", bound=Record)


def read_signal(
    journal: Journal, name: str, model: type[T], given: Any, check: Callable[[T], None] | None = None
) -> T | None:
    """A signal's input as a message that may be carried out, or None.

    Nobody waits for a signal's error, so a refusal goes on the timeline.
    """
    try:
        message = model.model_validate({} if given is None else given)
        if check is not None:
            check(message)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "input"
        reason = f"{where}: {first['msg']}"
    except ApplicationError as error:
        reason = error.message
    else:
        return message
    journal.note(EventType.REFUSED_SIGNAL, {"signal": name, "reason": reason})
    return None
