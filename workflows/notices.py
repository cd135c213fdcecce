"""Messages to people that are no pages: sent once, and answered with what became of them."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from workflows.paging import hand_over_notice
from workflows.summaries import label
from workflows.timeouts import WORKER_LOST

with workflow.unsafe.imports_passed_through():
    from activities.activation import ActivationCodes, CodeRequest, CodeSent
    from activities.paging.messages import Delivery, Notice

SLOWEST_NOTICE = timedelta(seconds=90)


@workflow.defn
class NoticeWorkflow:
    """Sends one notice."""

    @workflow.run
    async def run(self, notice: Notice) -> Delivery:
        """Hand it over; its key is the same for every attempt."""
        return await hand_over_notice(notice)


@workflow.defn
class ActivationWorkflow:
    """Has one activation code sent; it never learns the code."""

    @workflow.run
    async def run(self, request: CodeRequest) -> CodeSent:
        """Send a code. Once only: another attempt would be another code, and a text message more."""
        try:
            return await workflow.execute_activity_method(
                ActivationCodes.send_activation_code,
                request,
                start_to_close_timeout=SLOWEST_NOTICE,
                heartbeat_timeout=WORKER_LOST,
                retry_policy=RetryPolicy(maximum_attempts=1),
                summary=label(f"send a code to {request.contact} on {request.channel.name}"),
            )
        except ActivityError as error:
            words = f"nobody knows whether a code was sent: {error.cause or error}"
            return CodeSent(trouble=words[:500])
