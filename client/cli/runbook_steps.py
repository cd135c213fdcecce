"""Commands for the steps of an execution that waits for people, or is to be undone."""

from client.cli.arguments import ExecutionId
from client.cli.runbooks import answer, find_execution, holds, runs, waits_in
from client.cli.session import Asked
from definitions.automation.state import Hold


async def start_step(execution: ExecutionId, /, *, step: str | None = None, session: Asked) -> None:
    """Let the next step begin of an execution that was run with --interactive.

    Parameters
    ----------
    step
        The step you think is next; if it is another one, nothing happens.
    """
    async with session.connect() as tocsin:
        found = await find_execution(
            tocsin, execution, holds(Hold.BETWEEN_STEPS), "execution between two steps"
        )
        name = await tocsin.start_step(found, step=step)
    answer(session, found, "step", name, f"begins {name}")


async def retry_step(
    execution: ExecutionId, /, *, step: str | None = None, note: str = "", session: Asked
) -> None:
    """Try the failed step again that the execution waits at.

    Parameters
    ----------
    step
        The step you think has failed; if it is another one, nothing happens.
    note
        What you did about it; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        found = await find_execution(tocsin, execution, holds(Hold.FAILED_STEP), "execution at a failed step")
        name = await tocsin.retry_step(found, step=step, note=note)
    answer(session, found, "step", name, f"tries {name} again")


async def skip_step(
    execution: ExecutionId, /, *, step: str | None = None, note: str = "", session: Asked
) -> None:
    """Go on without the failed step, or without what a manual step asks for.

    Parameters
    ----------
    step
        The step you mean; if the execution waits at another one, nothing happens.
    note
        Why; it goes on the timeline, and into the outputs of a manual step.
    """
    async with session.connect() as tocsin:
        failed, manual = holds(Hold.FAILED_STEP), waits_in("tocsin:manual")
        found = await find_execution(
            tocsin, execution, lambda one: failed(one) or manual(one), "execution at a failed or manual step"
        )
        name = await tocsin.skip_step(found, step=step, note=note)
    answer(session, found, "step", name, f"goes on without {name}")


async def stop_step(
    execution: ExecutionId, /, *, step: str | None = None, note: str = "", session: Asked
) -> None:
    """Stop the running step. It counts as failed, so its onFailure says what follows.

    Parameters
    ----------
    step
        The step you think runs; if it is another one, nothing happens.
    note
        Why; it goes on the timeline.
    """
    async with session.connect() as tocsin:
        found = await find_execution(tocsin, execution, runs, "execution that runs")
        name = await tocsin.stop_step(found, step=step, note=note)
    answer(session, found, "step", name, f"{name} is stopped")


async def rollback(execution: ExecutionId, /, *, session: Asked) -> None:
    """Undo an execution that has ended: what its steps name in onRollback runs, the last step's first."""
    async with session.connect() as tocsin:
        undoing = await tocsin.roll_back(execution)
    answer(session, undoing, "status", "Pending", f"undoes {execution}")
