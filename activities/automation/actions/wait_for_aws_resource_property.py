"""aws:waitForAwsResourceProperty: ask an API until a property has a desired value."""

from typing import Any

from activities.automation.aws import RefusedError
from activities.automation.aws_properties import Property
from activities.automation.effects import Outside, effect
from activities.automation.steps import StepAttempt
from activities.automation.waiting import until


@effect("aws:waitForAwsResourceProperty", repeatable=True)
async def wait_for_aws_resource_property(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Ask until the property has a desired value. AWS: it has no outputs.

    What does not exist yet, and what AWS cannot say just now, is asked for again; wrong parameters and missing
    permissions fail the step at once.
    """
    wanted = Property.of(attempt)

    async def look() -> bool | None:
        try:
            answer = await wanted.ask()
        except RefusedError as refused:
            if refused.passing or refused.not_found:
                return None
            raise
        return True if wanted.is_desired(wanted.value_in(answer)) else None

    await until(look)
    return {}
