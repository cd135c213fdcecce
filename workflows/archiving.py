"""Having a workflow's own history copied into the records."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.archive import Archive, ArchiveHistory


async def archive(workflow_id: str, runs: list[str], *, only_last: bool = False) -> None:
    """Archive the histories of `runs`, oldest first, however long it takes."""
    first = len(runs) - 1 if only_last else 0
    for number, run_id in list(enumerate(runs))[first:]:
        await workflow.execute_activity_method(
            Archive.archive_history,
            ArchiveHistory(workflow_id=workflow_id, run_id=run_id, run_number=number),
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
            ),
            summary=f"archive run {number}",
        )
