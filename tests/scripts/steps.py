"""Doing one attempt of a step as a worker does."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.automation.effects import Outside, effects, step_activities
from activities.automation.sandbox import Sandbox
from activities.automation.steps import StepAttempt, StepFailure
from definitions.automation import SystemVariables
from records.database import Pool
from settings import SecretNotFoundError

SYSTEM = SystemVariables(account_id="123456789012", region="eu-central-1")
EXECUTION = "0b5a6f0e-7d9c-4d57-9c1e-3f1c2f7f0a11"


class Steps:
    """A worker's outside, and what is done there."""

    def __init__(self, http: httpx2.AsyncClient, *, sandbox: Sandbox, records: "Pool | None" = None) -> None:
        self.secrets: dict[str, str] = {}
        self.step_execution_id = str(uuid4())
        self._outside = Outside(http=http, read_secret=self._secret, records=records, sandbox=sandbox)

    async def do(self, action: str, inputs: dict[str, Any], **attempt: Any) -> dict[str, Any]:
        """The response of one attempt; raises ApplicationError. `attempt` are fields of StepAttempt."""
        asked = {
            "key": f"{EXECUTION}:step",
            "step": "step",
            "timeout_seconds": 20,
            "system": SYSTEM,
            "execution_id": EXECUTION,
            "step_execution_id": self.step_execution_id,
            **attempt,
        }
        response: dict[str, Any] = await ActivityEnvironment().run(
            self._activity(action), StepAttempt(inputs=inputs, **asked)
        )
        return response

    async def python(
        self, source: str, payload: dict[str, Any] | None = None, **attempt: Any
    ) -> dict[str, Any]:
        """The response of a Python script whose handler is `run`."""
        inputs = {"Runtime": "python3.11", "Handler": "run", "Script": source, "InputPayload": payload}
        return await self.do("aws:executeScript", inputs, **attempt)

    async def bash(
        self, source: str, payload: dict[str, Any] | None = None, **attempt: Any
    ) -> dict[str, Any]:
        """The response of a Bash script."""
        inputs = {"Runtime": "bash", "Script": source, "InputPayload": payload}
        return await self.do("aws:executeScript", inputs, **attempt)

    async def failure(self, work: Any) -> tuple[str, StepFailure]:
        """The message and the details of a step that must fail."""
        try:
            response = await work
        except ApplicationError as error:
            return error.message, next(detail for detail in error.details if isinstance(detail, StepFailure))
        raise AssertionError(f"the step has not failed: {response}")

    def _activity(self, action: str) -> Callable[..., Any]:
        names = [effect.action for effect in effects().values()]
        return step_activities(self._outside)[names.index(action)]

    def _secret(self, name: str) -> str:
        if name not in self.secrets:
            raise SecretNotFoundError(f"no secret {name!r}: set TOCSIN_SECRET_{name.upper()}")
        return self.secrets[name]


def alive(word: str) -> list[int]:
    """The processes of this machine whose command line or variables hold a word, this one not."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if word.encode() in text:
            found.append(int(folder.name))
    return found
