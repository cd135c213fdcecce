"""What an execution looks up before its steps run: where AWS calls go."""

import asyncio

from temporalio import activity

from activities.automation import aws
from activities.heartbeat import beating
from definitions.automation import SystemVariables


class Lookups:
    """Activities that look something up and change nothing."""

    @activity.defn
    async def identify_account(self) -> SystemVariables:
        """Where this worker's AWS calls go: region and account."""
        return await beating(asyncio.to_thread(aws.identify))
