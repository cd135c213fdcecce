"""How a case is written: set up, yield the parameters, look at what has become of it."""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.aws.cloud import Cloud

DOCUMENTS = Path(__file__).parents[2] / "automation" / "documents"
APPROVER = "chi"

State = dict[str, Any]
Story = Callable[[Cloud], Generator[dict[str, Any], State, None]]


@dataclass(frozen=True)
class Case:
    """One document run once; `approved` by somebody if it asks, and expected to end as `ends`."""

    document: str
    story: Story
    ends: str
    approved: bool

    @property
    def name(self) -> str:
        return f"{self.document}-{self.story.__name__}"


CASES: list[Case] = []


def runs(document: str, *, ends: str = "Success", approved: bool = False) -> Callable[[Story], Story]:
    """Tell of the document whose path ends so. The story gets the execution's final state for its parameters."""

    def register(story: Story) -> Story:
        CASES.append(Case(document, story, ends, approved))
        return story

    return register


def load(document: str) -> dict[str, Any]:
    """The document, with templates in the places that its own build would have filled."""
    [path] = [path for path in DOCUMENTS.rglob("*") if str(path.relative_to(DOCUMENTS)).endswith(document)]
    text = path.read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    for step in loaded["mainSteps"]:
        if step["inputs"].get("TemplateBody") in ("...", "{0}"):
            step["inputs"]["TemplateBody"] = _template(step["inputs"]["Parameters"])
    return loaded


def _template(parameters: list[dict[str, str]]) -> str:
    """Takes these parameters, and makes a function of each name among them."""
    names = [parameter["ParameterKey"] for parameter in parameters]
    functions = {
        f"{name}Made": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": {"Ref": name},
                "Runtime": "python3.12",
                "Handler": "index.run",
                "Role": "arn:aws:iam::123456789012:role/automation",
                "Code": {"ZipFile": "def run(event, context): ..."},
            },
        }
        for name in names
        if name.endswith(("LambdaName", "FunctionName"))
    }
    queue = {"Queue": {"Type": "AWS::SQS::Queue"}}
    return json.dumps(
        {"Parameters": {name: {"Type": "String"} for name in names}, "Resources": functions or queue}
    )


def outputs_of(state: State, step: str) -> dict[str, Any]:
    """The outputs of a step at the end."""
    outputs: dict[str, Any] = next(each for each in state["steps"] if each["name"] == step)["outputs"]
    return outputs
