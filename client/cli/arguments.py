"""Arguments that several commands take, described once."""

from typing import Annotated

from cyclopts import Parameter

IncidentId = Annotated[
    str,
    Parameter(help="The incident's id; its first four characters are enough where no other id begins so."),
]
ExecutionId = Annotated[
    str,
    Parameter(
        help="The execution's id, or its incident's if only one execution there fits; "
        "four characters are enough where no other id begins so."
    ),
]
Time = Annotated[
    str | None,
    Parameter(
        help="A time like 2026-03-01T14:30, on your own clock unless it says +01:00 or Z. Default: now."
    ),
]
