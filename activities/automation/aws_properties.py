"""A property of an AWS resource, and the values it is wanted to have."""

from dataclasses import dataclass
from typing import Any

from activities.automation.aws import Aws
from activities.automation.aws_answers import METADATA
from activities.automation.inputs import text_of, wrong_input
from activities.automation.steps import StepAttempt
from definitions.automation.interpolation import UNRESOLVED
from definitions.automation.selectors import SelectorError, check_selector, select
from definitions.automation.values import ValueType, as_text

_OWN_INPUTS = {"Service", "Api", "PropertySelector", "DesiredValues"}


@dataclass(frozen=True)
class Property:
    """The API to ask, what to pick from its answer, and what that should be."""

    aws: Aws
    service: str
    api: str
    parameters: dict[str, Any]
    selector: str
    desired: list[Any]

    @classmethod
    def of(cls, attempt: StepAttempt) -> "Property":
        """The property that a step's inputs name; fails the step if they are wrong."""
        inputs = attempt.inputs
        selector, desired = text_of(inputs, "PropertySelector"), inputs.get("DesiredValues")
        if desired is None or desired == []:
            raise wrong_input("DesiredValues should be a list of at least one value")
        try:
            check_selector(selector)
        except SelectorError as error:
            raise wrong_input(str(error)) from error
        return cls(
            aws=Aws.of(attempt),
            service=text_of(inputs, "Service"),
            api=text_of(inputs, "Api"),
            parameters={name: value for name, value in inputs.items() if name not in _OWN_INPUTS},
            selector=selector,
            desired=desired if isinstance(desired, list) else [desired],
        )

    async def ask(self) -> dict[str, Any]:
        """The API's answer; raises RefusedError."""
        metadata = METADATA in self.selector
        return await self.aws.call(self.service, self.api, self.parameters, metadata=metadata)

    def value_in(self, answer: dict[str, Any]) -> Any:
        """What the selector finds: one value, the list of all for a deep scan, UNRESOLVED for nothing."""
        return select(self.selector, answer, ValueType.STRING_LIST)

    def is_desired(self, value: Any) -> bool:
        """Whether the value is one of those wanted, as text; of several values all must be.

        A list that is wanted as a whole is written as text: `[]` wants an empty one.
        """
        if value is UNRESOLVED:
            return False
        if value == []:
            return "[]" in self.desired
        values = value if isinstance(value, list) else [value]
        return all(any(_same(item, wanted) for wanted in self.desired) for item in values)

    def shown(self, value: Any) -> str:
        """The value for a message."""
        return "nothing" if value is UNRESOLVED else repr(value)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):  # documents write 'True', AWS answers true
        return str(value).lower() == str(wanted).lower()
    return as_text(value) == as_text(wanted)
