"""Doing the action of one step as its activity does it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.automation.effects import Outside, effects
from activities.automation.steps import StepAttempt, StepFailure
from definitions.automation import SystemVariables
from tests.aws.cloud import ACCOUNT, REGION


@dataclass
class Failed:
    """How a step failed."""

    message: str
    stage: str
    kind: str
    response: dict[str, Any] | None


@dataclass(frozen=True)
class Acting:
    """Runs actions; a step has the same `key` each time it is named so."""

    outside: Outside

    def attempt(
        self, inputs: dict[str, Any], *, key: str = "", limit: int | None = 60, role: str = ""
    ) -> StepAttempt:
        return StepAttempt(
            key=key or f"{uuid4()}:step",
            step="step",
            inputs=inputs,
            timeout_seconds=limit,
            system=SystemVariables(account_id=ACCOUNT, region=REGION),
            assume_role=role,
        )

    async def do(
        self,
        action: str,
        inputs: dict[str, Any],
        *,
        key: str = "",
        limit: int | None = 60,
        role: str = "",
        repeat: bool = False,
    ) -> dict[str, Any]:
        """The response; `repeat` after a worker was lost. Raises what the action raises."""
        attempt = self.attempt(inputs, key=key, limit=limit, role=role)
        environment = _environment(repeat=repeat)
        run = effects()[f"aws:{action}"].run
        async with asyncio.timeout(20):
            response: dict[str, Any] = await environment.run(run, attempt, self.outside)
        return response

    async def fail(self, action: str, inputs: dict[str, Any], **more: Any) -> Failed:
        """How the step fails."""
        with pytest.raises(ApplicationError) as caught:
            await self.do(action, inputs, **more)
        error = caught.value
        [told] = error.details
        assert isinstance(told, StepFailure)
        assert error.non_retryable
        return Failed(error.message, told.stage, told.kind, told.response)

    async def cancel(self, action: str, inputs: dict[str, Any], once: Callable[[], bool]) -> float:
        """Cancel the step as soon as `once` is so; the seconds until it is over."""
        environment = _environment()
        run = effects()[f"aws:{action}"].run
        task = asyncio.ensure_future(environment.run(run, self.attempt(inputs), self.outside))
        deadline = asyncio.get_running_loop().time() + 20
        while not once() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - it is in a thread
            await asyncio.sleep(0.02)
        loop = asyncio.get_running_loop()
        asked = loop.time()
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return loop.time() - asked


def _environment(*, repeat: bool = False) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=2 if repeat else 1, scheduled_time=datetime.now(UTC))
    return environment
