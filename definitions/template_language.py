"""The language of message templates: variables, conditions and filters of Jinja2, and nothing that can run away.

Loops, calls, assignments and arithmetic are left out on purpose: facts are single values, and without these a template
is done in time and space proportional to its length, whoever wrote it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from jinja2 import Environment, StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from definitions.automation.problems import near_miss

FACTS = (
    "incident_id",
    "engagement_id",
    "subject",
    "title",
    "content",
    "impact",
    "plan",
    "contact",
    "display_name",
    "sender",
    "stage",
    "send",
    "others",
    "channel",
    "channel_type",
)
"""What a template may speak of.

`title` is the incident's, `subject` the standard subject with what stands before the title; stage and send count from
0; `others` are the incidents that were held back and are told of with this one.
"""

FILTERS = (
    "capitalize",
    "d",
    "default",
    "first",
    "int",
    "last",
    "length",
    "lower",
    "string",
    "title",
    "trim",
    "truncate",
    "upper",
)

_SAMPLES: tuple[Mapping[str, object], ...] = (
    dict.fromkeys(FACTS, "text") | {"impact": 2, "stage": 0, "send": 0, "others": 0},
    dict.fromkeys(FACTS, "")
    | {"incident_id": None, "impact": None, "plan": None, "stage": 1, "send": 2, "others": 3},
)
"""A page of an incident, and one that stands alone and says as little as can be."""

_EMPTY_IMPACT = "impact is empty outside incidents; write {% if impact and impact < 3 %}"

_WORDS: dict[type[nodes.Node], str] = {
    nodes.For: "has a loop",
    nodes.Call: "calls something",
    nodes.Getattr: "looks inside a value",
    nodes.Getitem: "looks inside a value",
    nodes.Assign: "assigns a variable",
    nodes.AssignBlock: "assigns a variable",
    nodes.Macro: "defines a macro",
    nodes.Include: "includes another template",
    nodes.Import: "imports another template",
    nodes.FromImport: "imports another template",
    nodes.Extends: "extends another template",
}
_PLAIN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Filter,
    nodes.Test,
    nodes.Keyword,
    nodes.List,
    nodes.Tuple,
)


class TemplateFailure(ValueError):  # noqa: N818 - it reads as what happened
    """A template that is not allowed or cannot be rendered; the message says why in one line."""


def render(template: str, facts: Mapping[str, object], *, longest: int) -> str:
    """What the template says of the facts, at most `longest` characters; raises TemplateFailure."""
    try:
        text = _compiled(template).render(facts)
    except TemplateFailure:
        raise
    except Exception as error:
        # Filters raise whatever Python does of what they are given.
        raise TemplateFailure(_one_line(error)) from error
    return text[:longest]


@lru_cache(maxsize=1024)
def problem_of(template: str) -> str | None:
    """What is wrong with a template in one line, or None: its grammar, its variables, and rendering sample facts."""
    for facts in _SAMPLES:
        problem = _problem_with(template, facts)
        if problem is not None:
            lacks_impact = facts["impact"] is None and not _problem_with(template, {**facts, "impact": 2})
            return _EMPTY_IMPACT if lacks_impact else problem
    return None


def _problem_with(template: str, facts: Mapping[str, object]) -> str | None:
    try:
        render(template, facts, longest=1)
    except TemplateFailure as failure:
        return str(failure)
    return None


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    environment = _environment()
    try:
        tree = environment.parse(template)
        for node in tree.iter_child_nodes():
            _allow(node)
        return environment.from_string(tree)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise TemplateFailure(f"{_one_line(error)} (line {line} of the text)") from error
    except (RecursionError, SyntaxError, MemoryError) as error:
        # What Python's own compiler makes of a deeply nested expression.
        raise TemplateFailure("is nested too deeply; make it simpler") from error


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, finalize=lambda value: "" if value is None else value, cache_size=0
    )
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.globals.clear()
    return environment


def _allow(node: nodes.Node) -> None:
    if not isinstance(node, _PLAIN):
        does = _WORDS.get(type(node), "computes something")
        raise TemplateFailure(
            f"{does} (line {node.lineno} of the text); a template has variables, if, and filters only"
        )
    if isinstance(node, nodes.Name) and node.name not in FACTS:
        raise TemplateFailure(_unknown("variable", node.name, FACTS))
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateFailure(_unknown("filter", node.name, FILTERS))
    for child in node.iter_child_nodes():
        _allow(child)


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    return f"unknown {what} {name!r}; known are {', '.join(known)}{near_miss(name, known)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
