"""Answers for a simulation from a file: step name to response, to failure, or to several of them in turn."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from client.errors import InvalidInputError
from client.invented_answers import invented_answer
from definitions.automation.execution import ResolvedStep
from definitions.automation.flow import BRANCH
from definitions.automation.model import AutomationDocument, Step, loop_body
from definitions.automation.problems import near_miss
from definitions.automation.simulation import Answer, Breakdown
from definitions.loader import read_text
from definitions.yaml_nodes import YamlError, parse_yaml

INSTRUCTIONS = ("fail", "timeout", "choose")


class ToldAnswers:
    """Answers as the file says; steps it does not name answer what is invented for them.

    In the file, under a step's name: a mapping is its response; `fail: why` and `timeout: true` end the attempt;
    `choose: STEP` makes a branch go there, or by its Default. A list gives the answers in turn, the last of them
    again and again.
    """

    def __init__(self, document: AutomationDocument, told: Mapping[str, Any]) -> None:
        self._told = told
        self._asked: Counter[str] = Counter()
        steps = {one.name: one for step in document.main_steps for one in (step, *loop_body(step))}
        self.ways: dict[str, int | None] = {}
        for name, answer in told.items():
            if name not in steps:
                raise InvalidInputError(f"answers: there is no step {name!r}{near_miss(name, steps)}")
            if answer == []:
                raise InvalidInputError(f"answers: {name}: expected at least one answer, got an empty list")
            for one in answer if isinstance(answer, list) else [answer]:
                self._check(steps[name], one)

    @classmethod
    def read(cls, document: AutomationDocument, path: Path) -> "ToldAnswers":
        """The answers in a YAML or JSON file; raises InvalidInputError."""
        try:
            nodes, problems = parse_yaml(read_text(path))
        except YamlError as error:
            raise InvalidInputError(f"{path}:{error.line}: {error.message}") from error
        if problems:
            raise InvalidInputError("\n".join(f"{path}:{line}: {message}" for line, message in problems))
        told = nodes[0].plain() if nodes else None
        if not isinstance(told, dict):
            raise InvalidInputError(f"{path}: answers are a mapping: step name to response")
        return cls(document, told)

    def __call__(self, resolved: ResolvedStep) -> Answer | Breakdown:
        """The answer to the next attempt of this step."""
        name = resolved.step.name
        if name not in self._told:
            return invented_answer(resolved)
        told = self._told[name]
        if isinstance(told, list):
            told = told[min(self._asked[name], len(told) - 1)]
            self._asked[name] += 1
        if set(told) == {"fail"}:
            return Breakdown(str(told["fail"]))
        if set(told) == {"timeout"}:
            return Breakdown(f"timed out after {resolved.timeout_seconds} seconds", timed_out=True)
        return Answer(told)

    def _check(self, step: Step, answer: Any) -> None:
        if not isinstance(answer, dict):
            raise InvalidInputError(
                f"answers: {step.name}: expected a response, or one of fail, timeout and choose, got {answer!r}"
            )
        if (step.action == BRANCH) != (set(answer) == {"choose"}):
            wanted = "choose: STEP" if step.action == BRANCH else "a response, fail or timeout"
            raise InvalidInputError(f"answers: {step.name} is an {step.action}; it takes {wanted}")
        if step.action == BRANCH:
            self.ways[step.name] = _way(step, answer["choose"])


def _way(branch: Step, target: Any) -> int | None:
    """Which choice leads to a step; None is the Default."""
    for place, choice in enumerate(branch.inputs["Choices"]):
        if choice["NextStep"] == target:
            return place
    if branch.inputs.get("Default") == target:
        return None
    known = [choice["NextStep"] for choice in branch.inputs["Choices"]]
    known += [branch.inputs["Default"]] if "Default" in branch.inputs else []
    raise InvalidInputError(
        f"answers: {branch.name} cannot choose {target!r}; it leads to {', '.join(known)}"
    )
