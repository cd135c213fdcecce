"""aws:assertAwsResourceProperty: ask an API once, and fail unless a property has a desired value."""

from typing import Any

from activities.automation.aws_properties import Property
from activities.automation.effects import Outside, effect
from activities.automation.steps import StepAttempt, step_failed
from definitions.automation import FailureStage, FailureType


@effect("aws:assertAwsResourceProperty", repeatable=True)
async def assert_aws_resource_property(attempt: StepAttempt, outside: Outside) -> dict[str, Any]:
    """Ask once. AWS: it has no outputs."""
    wanted = Property.of(attempt)
    value = wanted.value_in(await wanted.ask())
    if not wanted.is_desired(value):
        raise step_failed(
            f"{wanted.selector} is {wanted.shown(value)}, not {' or '.join(map(repr, wanted.desired))}",
            stage=FailureStage.POST_VERIFICATION,
            kind=FailureType.VERIFICATION,
        )
    return {}
