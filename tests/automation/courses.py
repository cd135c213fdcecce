"""Leading a simulated execution where a test wants it: along a branch, into a failure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from client.invented_answers import invented_answer, invented_value
from definitions.automation import AutomationDocument, ResolvedStep, SystemVariables, coerce_parameters
from definitions.automation.graph import Edge, Graph, Way
from definitions.automation.simulation import Answer, Breakdown, Simulation, simulate, steered

START = datetime(2030, 1, 1, tzinfo=UTC)
SYSTEM = SystemVariables(account_id="123456789012", region="eu-west-1")

_GOOD = (Way.SUCCESS, Way.CHOICE, Way.OTHERWISE)


@dataclass
class Course:
    """Where an execution is made to go: which choice branches take, which steps fail or time out."""

    ways: dict[str, int | None] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)

    def take(self, edge: Edge) -> None:
        if edge.way in (Way.CHOICE, Way.OTHERWISE):
            self.ways[edge.source] = edge.choice
        elif edge.way is Way.FAILURE:
            self.failing.add(edge.source)

    def answer(self, resolved: ResolvedStep) -> Answer | Breakdown:
        name = resolved.step.name
        if name in self.failing or name in self.slow:
            return Breakdown("made to fail", timed_out=name in self.slow)
        answer = invented_answer(resolved)
        # An approval that an empty default makes impossible is not what is looked at here.
        return Answer() if isinstance(answer, Breakdown) else answer


def run(document: AutomationDocument, course: Course) -> Simulation:
    values = {
        name: invented_value(name, parameter)
        for name, parameter in document.parameters.items()
        if parameter.default is None
    }
    optional = {
        name: parameter.model_copy(update={"default": values.get(name, parameter.default)})
        for name, parameter in document.parameters.items()
    }
    parameters = coerce_parameters(document.model_copy(update={"parameters": optional}), {})
    return simulate(
        steered(document, course.ways), course.answer, parameters=parameters, system=SYSTEM, start=START
    )


def course_to(graph: Graph, start: str, name: str) -> Course | None:
    """How an execution gets to a step: a way without failures if there is one."""
    for allowed in (_GOOD, (*_GOOD, Way.FAILURE)):
        before: dict[str, Edge | None] = {start: None}
        waiting = [start]
        for one in waiting:
            for edge in graph.leaving(one):
                if edge.way in allowed and edge.target not in before:
                    before[edge.target] = edge
                    waiting.append(edge.target)
        if name in before:
            course = Course()
            way = before[name]
            while way is not None:
                course.take(way)
                way = before[way.source]
            return course
    return None
