"""References that repeat what is large: the step, or the start, fails with words, and nothing grows without end."""

import json
import time
from typing import Any

import pytest

from client.invented_answers import invented_answer
from definitions.automation import (
    AutomationDocument,
    DocumentError,
    ParameterError,
    coerce_parameters,
    load_document,
)
from definitions.automation.interpolation import LARGEST, Scope, TooLargeError, interpolate
from definitions.automation.outputs import LARGEST_OUTPUTS
from definitions.automation.selectors import MOST_PARTS, SelectorError, check_selector
from definitions.automation.simulation import Answer, Simulation, simulate
from tests.automation.courses import START, SYSTEM

BIG = {"name": "big", "action": "aws:executeScript", "inputs": {"Runtime": "bash", "Script": "x"}}
PUTS_OUT = {"outputs": [{"Name": "Text", "Selector": "$.Payload", "Type": "String"}]}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}


def written(*steps: dict[str, Any], **keys: Any) -> AutomationDocument:
    return load_document({"schemaVersion": "0.3", "mainSteps": list(steps), **keys})


def reference(number: int) -> str:
    return f"{{{{ P{number} }}}}"


def played(document: AutomationDocument, size: int) -> Simulation:
    return simulate(
        document,
        lambda resolved: Answer({"Payload": "x" * size}),
        parameters=coerce_parameters(document, {}),
        system=SYSTEM,
        start=START,
    )


@pytest.mark.parametrize("action", ["aws:executeScript", "aws:branch", "aws:updateVariable"])
def test_a_step_whose_inputs_repeat_a_big_output_too_often_fails(action: str) -> None:
    often = " ".join(["{{ big.Text }}"] * 300)
    inputs = {
        "aws:executeScript": {"Runtime": "bash", "Script": "x", "InputPayload": {"text": often}},
        "aws:branch": {"Choices": [{"NextStep": "nap", "Variable": often, "StringEquals": "x"}]},
        "aws:updateVariable": {"Name": "variable:V", "Value": often},
    }[action]
    step = {"name": "often", "action": action, "inputs": inputs}
    document = written(BIG | PUTS_OUT, step, NAP, variables={"V": {"type": "String"}})
    simulation = played(document, 90_000)
    assert simulation.status == "Failed"
    told = f"the inputs are too large: references put more than {LARGEST} bytes into it"
    assert told in (simulation.failure_message or "")
    assert simulation.trace[-1].inputs == {}


def test_what_is_put_in_counts_as_the_bytes_it_has_as_json() -> None:
    scope = Scope(parameters={"P": "ü" * (LARGEST // 12)})
    assert interpolate(["{{ P }}"], scope)
    with pytest.raises(TooLargeError):
        interpolate(["{{ P }}", "{{ P }}", "{{ P }}"], scope)


@pytest.mark.parametrize(
    ("defaults", "told"),
    [
        ([*(reference(n + 1) * 10 for n in range(30)), "laugh"], "references put more than"),
        ([*(reference(n + 1) for n in range(1200)), "end"], "name one another in a row"),
        (["".join(reference(n) for n in range(14))] * 14, "bytes"),
    ],
    ids=["a thousand million laughs", "a long chain", "a circle"],
)
def test_defaults_that_name_one_another_without_end_are_refused(defaults: list[str], told: str) -> None:
    parameters = {f"P{n}": {"type": "String", "default": text} for n, text in enumerate(defaults)}
    with pytest.raises(ParameterError, match="the defaults are too large") as refused:
        played(written(NAP, parameters=parameters), 1)
    assert told in str(refused.value)


def test_outputs_of_an_execution_that_are_too_large_together_are_left_out_with_a_word() -> None:
    names = [f"big{n}" for n in range(8)]
    steps = [{**BIG, **PUTS_OUT, "name": name} for name in names]
    outputs = played(written(*steps, outputs=[f"{name}.Text" for name in names]), 90_000).outputs
    assert outputs["big0.Text"] == ["x" * 90_000]
    assert outputs["big7.Text"][0].startswith("Left out: ")
    assert len(json.dumps(outputs)) < LARGEST_OUTPUTS + 1000


def test_a_loop_whose_condition_is_too_large_ends() -> None:
    condition = {"Variable": " ".join(["{{ big.Text }}"] * 300), "StringEquals": "x"}
    loop = {"name": "loop", "action": "aws:loop", "inputs": {"LoopCondition": condition, "Steps": [NAP]}}
    simulation = played(written(BIG | PUTS_OUT, loop), 90_000)
    assert [entry.step for entry in simulation.trace] == ["big", "loop", "nap"]


@pytest.mark.parametrize(
    "selector", ["$[" + ",".join(["'z'"] * 240) + "]", "$[?" + " || ".join(["@.z==1"] * 90) + "]"]
)
def test_a_selector_that_looks_for_too_much_at_every_place_is_refused(selector: str) -> None:
    with pytest.raises(SelectorError, match=f"at most {MOST_PARTS} can be"):
        check_selector(selector)


def test_a_document_with_a_thousand_misspelt_names_is_refused_soon() -> None:
    steps = [{**NAP, "name": f"step_name_{n}", "nextStep": f"step_nane_{n}"} for n in range(1200)]
    began = time.monotonic()
    with pytest.raises(DocumentError) as refused:
        written(*steps)
    assert len(refused.value.problems) == 1200
    assert time.monotonic() - began < 3


def test_a_selector_of_a_far_place_makes_no_list_that_long_up() -> None:
    far = {"Name": "Far", "Selector": "$.Reservations[99999999].Id", "Type": "String"}
    inputs = {"Service": "ec2", "Api": "DescribeInstances"}
    call = {"name": "call", "action": "aws:executeAwsApi", "inputs": inputs, "outputs": [far]}
    began = time.monotonic()
    simulation = simulate(written(call), invented_answer, parameters={}, system=SYSTEM, start=START)
    assert simulation.status == "Success"
    assert time.monotonic() - began < 3
