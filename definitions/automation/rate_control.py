"""One execution of many: for which targets, how many at once, and how many may fail (AWS: rate control)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from definitions.automation.model import AutomationDocument
from definitions.automation.parameters import coerce_parameters
from definitions.automation.problems import near_miss

_NUMBER = re.compile(r"(\d{1,7})(%?)")


class TargetError(ValueError):
    """Targets that an execution cannot go over; says what would be right."""


class RateError(ValueError):
    """A number or percentage that cannot be read."""


def allowance(written: str, targets: int) -> int:
    """The number that `5` or `10%` means for so many targets, fractions cut off. Raises RateError."""
    found = _NUMBER.fullmatch(written.strip())
    if not found or (found[2] and int(found[1]) > 100):
        raise RateError(f"expected a number such as 5, or a percentage such as 10%, got {written!r}")
    return targets * int(found[1]) // 100 if found[2] else int(found[1])


@dataclass
class Pace:
    """How many may run at a time: 1 at first, then 2, 4 and so on each time as many have ended, up to `limit`."""

    limit: int
    width: int = 1
    _ended: int = 0

    def one_ended(self) -> None:
        """Count one that has come to its end."""
        self._ended += 1
        if self._ended >= self.width:
            self._ended = 0
            self.width = min(self.limit, self.width * 2)


def check_targets(
    document: AutomationDocument,
    parameters: Mapping[str, Any],
    *,
    target_parameter_name: str,
    targets: Sequence[Mapping[str, Any]],
    target_maps: Sequence[Mapping[str, Any]],
) -> None:
    """Raises TargetError, or ParameterError for parameters that no target gives (AWS: names are case-sensitive)."""
    if bool(targets) == bool(target_maps):
        raise TargetError(
            "give either targets, with the parameter that each of them is put in, or target maps"
        )
    if target_maps:
        filled = {name for target in target_maps for name in target}
    else:
        if len(targets) != 1:
            raise TargetError(f"expected one entry of targets, a Key with Values, got {len(targets)}")
        if target_parameter_name not in document.parameters:
            hint = near_miss(target_parameter_name, document.parameters)
            raise TargetError(
                f"the document has no parameter '{target_parameter_name}' to put targets in{hint}"
            )
        filled = {target_parameter_name}
    given = {name: value for name, value in parameters.items() if name not in filled}
    rest = document.model_copy(
        update={"parameters": {name: one for name, one in document.parameters.items() if name not in filled}}
    )
    coerce_parameters(rest, given)
