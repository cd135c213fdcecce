"""Whatever the plans and answers: exactly the pages that the rules say, and none to somebody after their answer."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from definitions.durations import format_duration
from tests.engagement.story import Stories

NAMES = ("ana", "ben", "cho")


@dataclass(frozen=True)
class Personal:
    """One stage of a person's plan: minutes, and minutes between repetitions (0: none)."""

    minutes: int
    retry: int


@dataclass(frozen=True)
class Target:
    name: str
    is_essential: bool


@dataclass(frozen=True)
class Step:
    """One stage of the escalation plan."""

    minutes: int
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Given:
    """What people do, and who answers when: at half minutes, so that no answer meets a page."""

    people: tuple[tuple[Personal, ...], ...]
    steps: tuple[Step, ...]
    answers: tuple[tuple[int, str], ...]

    @property
    def definitions(self) -> str:
        documents = [
            f"{{kind: Contact, name: {name}, channels: [{{name: mail, type: EMAIL, address: {name}@shop.example}}],"
            f" plan: {{stages: [{', '.join(_personal(stage) for stage in stages)}]}}}}"
            for name, stages in zip(NAMES, self.people, strict=True)
        ]
        steps = ", ".join(
            f"{{duration: {step.minutes}m, targets: [{', '.join(_target(target) for target in step.targets)}]}}"
            for step in self.steps
        )
        return "\n---\n".join([*documents, f"{{kind: EscalationPlan, name: plan, stages: [{steps}]}}"])


def _personal(stage: Personal) -> str:
    return f"{{duration: {stage.minutes}m, targets: [{{channel: mail, retry_interval: {stage.retry}m}}]}}"


def _target(target: Target) -> str:
    return f"{{contact: {target.name}, is_essential: {str(target.is_essential).lower()}}}"


def expected(case: Given) -> tuple[list[str], list[tuple[float, str]]]:
    """The pages by the rules, counted minute by minute, and the answers that will be taken (minute, person)."""
    pages: list[str] = []
    plans = dict(zip(NAMES, case.people, strict=True))
    begun: dict[str, int] = {}
    essential: set[str] = set()
    answered: dict[str, float] = {}
    taken: list[tuple[float, str]] = []
    over = False
    starts = [sum(step.minutes for step in case.steps[:number]) for number in range(len(case.steps))]
    for minute in range(200):
        for at, name in case.answers:
            if at == minute - 1 and name in begun and name not in answered and not over:
                answered[name] = at + 0.5
                taken.append((at + 0.5, name))
                over = name in essential
        for start, step in zip(starts, case.steps, strict=True):
            if start != minute or over:
                continue
            for target in step.targets:
                # A plan that runs out in the very minute in which its person is engaged again: either order is right.
                assume(target.name not in begun or minute != begun[target.name] + _length(plans[target.name]))
                running = target.name in begun and minute < begun[target.name] + _length(plans[target.name])
                if target.name in answered:
                    continue
                if target.is_essential:
                    essential.add(target.name)
                if not running:
                    begun[target.name] = minute
        for name, start in begun.items():
            if name not in answered and _is_paged(plans[name], minute - start):
                pages.append(f"{format_duration(timedelta(minutes=minute))} {name} mail")
    return pages, taken


def _length(plan: tuple[Personal, ...]) -> int:
    return sum(stage.minutes for stage in plan)


def _is_paged(plan: tuple[Personal, ...], minute: int) -> bool:
    """Whether a plan pages at this minute after its start."""
    for stage in plan:
        if minute < stage.minutes:
            return minute == 0 or (stage.retry > 0 and minute % stage.retry == 0)
        minute -= stage.minutes
    return False


personal_plans = st.lists(
    st.builds(Personal, minutes=st.integers(2, 9), retry=st.sampled_from((0, 0, 2, 3))),
    min_size=1,
    max_size=2,
).map(tuple)
targets = st.lists(
    st.builds(Target, name=st.sampled_from(NAMES), is_essential=st.booleans()),
    min_size=0,
    max_size=2,
    unique_by=lambda target: target.name,
).map(tuple)
cases = st.builds(
    Given,
    people=st.tuples(personal_plans, personal_plans, personal_plans),
    steps=st.lists(st.builds(Step, minutes=st.integers(1, 15), targets=targets), min_size=1, max_size=4).map(
        tuple
    ),
    answers=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(NAMES)), max_size=2, unique=True).map(
        lambda answers: tuple(sorted(answers))
    ),
)


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases)
async def test_exactly_the_pages_that_the_rules_say(stories: Stories, case: Given) -> None:
    pages, answers = expected(case)
    await stories.given(case.definitions)
    story = await stories.page("plan")
    for minute, name in answers:
        await story.at(f"{int(minute)}m30s")
        await story.acknowledge(name)
    await story.at("4h")
    await story.expect(*pages)
    for minute, name in answers:
        assert not [
            page
            for page in await story.sent()
            if page.message.contact == name and page.at > timedelta(minutes=minute, seconds=5)
        ]
