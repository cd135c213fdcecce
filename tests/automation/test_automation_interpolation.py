"""`{{ ... }}` rule by rule, and what holds whatever the values are."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.automation.interpolation import Scope, interpolate

SCOPE = Scope(
    parameters={
        "Name": "web",
        "Ids": ["i-1", "i-2"],
        "Count": 3,
        "On": True,
        "Map": {"a": ["b"]},
        "Empty": "",
    },
    outputs={"Find": {"Id": "i-9", "All": ["x", "y"], "Maps": [{"k": 1}], "Flag": False}, "Skipped": {}},
    system={"global:REGION": "eu-west-1", "automation:EXECUTION_ID": "e-1"},
    variables={"state": {"n": 1}},
)

# The machine may be busy: time is bounded by the test's own timeout.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        ("whole value keeps its type", "{{ Ids }}", ["i-1", "i-2"]),
        ("whole value keeps its type", "{{Count}}", 3),
        ("whole value keeps its type", "  {{ On }}\n", True),
        ("whole value keeps its type", "{{ Map }}", {"a": ["b"]}),
        ("whole value keeps its type", "{{ Find.Flag }}", False),
        ("whole value keeps its type", "{{ variable:state }}", {"n": 1}),
        ("an empty text is a value", "{{ Empty }}", ""),
        ("embedded text", "arn:{{ global:REGION }}:{{Name}}/{{ Find.Id }}", "arn:eu-west-1:web/i-9"),
        ("embedded others as JSON", "{{ Ids }} {{ Map }}", '["i-1","i-2"] {"a":["b"]}'),
        ("embedded numbers and flags", "n={{ Count }} on={{ On }}", "n=3 on=true"),
        ("a list of one reference is spliced", ["{{ Ids }}"], ["i-1", "i-2"]),
        ("splicing keeps the neighbours", ["a", "{{ Find.All }}", "z"], ["a", "x", "y", "z"]),
        ("a list of maps is spliced too", ["{{ Find.Maps }}"], [{"k": 1}]),
        ("a list of one text stays a list", ["{{ Name }}"], ["web"]),
        ("a list inside a list item's text is text", ["ids {{ Ids }}"], ['ids ["i-1","i-2"]']),
        ("nested maps and lists", {"a": [{"b": "{{ Count }}"}]}, {"a": [{"b": 3}]}),
        ("keys are not references", {"{{ Name }}": "{{ Name }}"}, {"{{ Name }}": "web"}),
        ("no nesting", "{{ {{ Name }} }}", "{{ web }}"),
        ("JSON around a token", '{"m":{{ Map }}}', '{"m":{"a":["b"]}}'),
        ("unresolved stays: skipped step", "{{ Skipped.Id }}", "{{ Skipped.Id }}"),
        ("unresolved stays: no such output", "id {{ Find.Gone }}", "id {{ Find.Gone }}"),
        ("unresolved stays: deeper than an output", "{{ Find.Id.More }}", "{{ Find.Id.More }}"),
        ("unknown heads stay", "{{ secret:token }} {{ssm:/x}}", "{{ secret:token }} {{ssm:/x}}"),
        ("unknown system variables stay", "{{ global:MOON }}", "{{ global:MOON }}"),
        (
            "text that only looks like it stays",
            "awk '{{print $2}}' f'{{x}}' {{}}",
            "awk '{{print $2}}' f'{{x}}' {{}}",
        ),
        ("other values stay", 3, 3),
        ("other values stay", None, None),
    ],
)
def test_rule(rule: str, text: Any, value: Any) -> None:
    result = interpolate(text, SCOPE)
    assert (result, type(result)) == (value, type(value)), rule


def test_what_is_put_in_is_never_read_again() -> None:
    scope = Scope(parameters={"A": "{{ B }}", "B": "secret", "L": ["{{ B }}"]})
    assert interpolate({"a": "{{ A }}", "b": "x {{ A }}", "c": ["{{ L }}"]}, scope) == {
        "a": "{{ B }}",
        "b": "x {{ B }}",
        "c": ["{{ B }}"],
    }


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True)
values = st.recursive(
    st.one_of(st.text(), st.integers(), st.booleans(), names.map(lambda name: f"{{{{ {name} }}}}")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@unhurried
@given(names, values, st.dictionaries(names, values))
def test_a_whole_value_keeps_its_value_and_type_whatever_it_holds(
    name: str, value: Any, others: dict[str, Any]
) -> None:
    result = interpolate({"x": f"{{{{ {name} }}}}"}, Scope(parameters={**others, name: value}))
    assert result == {"x": value}
    assert type(result["x"]) is type(value)


@unhurried
@given(
    names,
    st.text(),
    st.text(alphabet=st.characters(exclude_characters="{}")),
    st.dictionaries(names, st.text()),
)
def test_an_embedded_text_is_put_in_letter_by_letter(
    name: str, value: str, around: str, others: dict[str, str]
) -> None:
    scope = Scope(parameters={**others, name: value})
    assert interpolate(f"<{around}{{{{{name}}}}}{around}>", scope) == f"<{around}{value}{around}>"


@unhurried
@given(values, st.dictionaries(names, st.text()))
def test_without_known_names_nothing_changes(value: Any, parameters: dict[str, str]) -> None:
    unknown = {f"{name}-": text for name, text in parameters.items()}
    assert interpolate(value, Scope(parameters=unknown)) == value


@unhurried
@given(values, st.dictionaries(names, values))
def test_the_value_given_is_left_as_it_was(value: Any, parameters: dict[str, Any]) -> None:
    before = copy.deepcopy(value)
    interpolate(value, Scope(parameters=parameters))
    assert value == before
