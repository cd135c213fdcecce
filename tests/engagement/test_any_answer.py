"""Whatever people answer, and whenever: exactly the pages that the manual says, counted tick by tick."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from definitions.durations import format_duration
from records.engagements import EngagementStatus
from tests.engagement.people import PEOPLE, plan, stage, stages
from tests.engagement.story import Stories

NAMES = ("ana", "ben", "cho")
TICK = timedelta(seconds=15)
MINUTE = 4
"""Ticks. Plans count in minutes; the answers come 1, 2 and 3 ticks after one, so that none meets a page or a stage."""
LONG = 120 * MINUTE


class Say(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"
    UNACKNOWLEDGE = "unacknowledge"


@dataclass(frozen=True)
class Step:
    """One stage: minutes; who, and whether they are essential."""

    minutes: int
    targets: tuple[tuple[str, bool], ...]
    all_must: bool


@dataclass(frozen=True)
class Case:
    """Plans of people (minutes, and between repetitions), the escalation plan, and answers.

    Each answer: at which tick, the how manyeth of those who can give it, and what they say.
    """

    people: tuple[tuple[int, int], ...]
    steps: tuple[Step, ...]
    repeat: int
    silence_all: bool
    answers: tuple[tuple[int, int, Say], ...]

    @property
    def definitions(self) -> str:
        documents = [
            f"{{kind: Contact, name: {name}, channels: [{{name: mail, type: EMAIL, address: {name}@shop.example}}],"
            f" plan: {{stages: [{{duration: {minutes}m, targets: [{{channel: mail, retry_interval: {retry}m}}]}}]}}}}"
            for name, (minutes, retry) in zip(NAMES, self.people, strict=True)
        ]
        steps = [
            stage(
                f"{step.minutes}m",
                *(name if is_essential else f"{name}?" for name, is_essential in step.targets),
                more=f"all_must_acknowledge: {str(step.all_must).lower()}",
            )
            for step in self.steps
        ]
        silence = "silence_all" if self.silence_all else "continue_others"
        more = f"repeat: {self.repeat}, on_essential_ack: {silence}"
        return "\n---\n".join([*documents, plan(stages(*steps), name="plan", more=more)])


@dataclass
class Somebody:
    """What is known of a person who was engaged."""

    place: tuple[int, int]
    is_essential: bool
    started: int
    paged: bool = True
    acknowledged: int | None = None
    declined: bool = False


@dataclass
class Model:
    """The manual, one tick after the other.

    `ends` is when the stage under way ends, `begins` when the next round does.
    """

    case: Case
    people: dict[str, Somebody] = field(default_factory=dict)
    pages: list[tuple[int, str]] = field(default_factory=list)
    taken: list[tuple[int, str, Say]] = field(default_factory=list)
    now: int = 0
    round: int = 0
    stage: int = 0
    ends: int | None = None
    begins: int | None = 0
    round_began: int = 0
    acknowledged: bool = False

    def run(self) -> None:
        for self.now in range(LONG):
            for when, number, say in self.case.answers:
                if when == self.now:
                    self._answer(number, say)
            self._climb()
            for name, person in self.people.items():
                if person.paged and self._is_due(name, self.now - person.started):
                    self.pages.append((self.now, name))

    # The plan.

    def _climb(self) -> None:
        while not self.acknowledged and self.stage < len(self.case.steps):
            if self.begins is not None and self.begins > self.now:
                return
            if self.ends is None:
                self.begins = None
                if self._begin_stage():
                    return
                self._next()
            elif self.ends <= self.now:
                self._next()
            else:
                return

    def _begin_stage(self) -> bool:
        """Whether the stage takes its time."""
        step = self.case.steps[self.stage]
        self.ends = self.now + step.minutes * MINUTE
        engaged = [self._engage(name, is_essential) for name, is_essential in step.targets]
        return any(engaged) or not engaged

    def _next(self) -> None:
        self.stage, self.ends = self.stage + 1, None
        if self.stage == len(self.case.steps) and self.round < self.case.repeat:
            self.stage, self.round = 0, self.round + 1
            whole = sum(step.minutes for step in self.case.steps) * MINUTE
            elapsed = self.now - self.round_began
            assume(
                elapsed == 0 or elapsed >= MINUTE
            )  # people who are quicker than that: the manual does not say
            self.begins = self.now if elapsed else self.now + whole
            self.round_began = self.begins

    def _engage(self, name: str, is_essential: bool) -> bool:
        person = self.people.get(name)
        place = (self.round, self.stage)
        if person is None:
            self.people[name] = Somebody(place, is_essential, self.now)
            return True
        assume(
            person.acknowledged is None or person.is_essential or not is_essential
        )  # the manual does not say
        person.is_essential |= is_essential
        if person.declined:
            return False
        person.place = max(person.place, place)
        if person.acknowledged is None:
            # A plan that runs out in the very moment in which its person is engaged again: either order is right.
            assume(self.now != person.started + self._length(name) or not person.paged)
            if not self._is_running(name):
                person.started, person.paged = self.now, True
        return True

    # A person.

    def _length(self, name: str) -> int:
        return self.case.people[NAMES.index(name)][0] * MINUTE

    def _is_running(self, name: str) -> bool:
        person = self.people[name]
        return person.paged and self.now < person.started + self._length(name)

    def _is_due(self, name: str, since: int) -> bool:
        retry = self.case.people[NAMES.index(name)][1] * MINUTE
        return since < self._length(name) and (since == 0 or (retry > 0 and since % retry == 0))

    # Answers.

    def _answer(self, number: int, say: Say) -> None:
        can = [name for name, person in self.people.items() if self._can_say(person, say)]
        if not can:
            return
        name = can[number % len(can)]
        person = self.people[name]
        self.taken.append((self.now, name, say))
        match say:
            case Say.ACKNOWLEDGE:
                person.acknowledged, person.declined, person.paged = self.now, False, False
                if person.is_essential and self._is_enough(person.place[1]):
                    self.acknowledged = True
                    self._silence()
            case Say.DECLINE:
                person.acknowledged, person.declined, person.paged = None, True, False
                self._count_again()
                if person.is_essential and not self.acknowledged and self._is_under_way(person):
                    self.ends = self.now
            case Say.UNACKNOWLEDGE:
                person.acknowledged, person.declined = None, False
                person.started, person.paged = self.now, True
                self._count_again()
                if person.is_essential and not self.acknowledged:
                    assume(
                        self.begins is None
                    )  # between two rounds no stage is under way: the manual does not say
                    self.ends = None

    def _can_say(self, person: Somebody, say: Say) -> bool:
        answered = person.acknowledged is not None
        return {
            Say.ACKNOWLEDGE: not answered,
            Say.DECLINE: not person.declined,
            Say.UNACKNOWLEDGE: answered or person.declined,
        }[say]

    def _is_under_way(self, person: Somebody) -> bool:
        return self.ends is not None and person.place == (self.round, self.stage)

    def _is_enough(self, number: int) -> bool:
        return not self.case.steps[number].all_must or all(
            person.acknowledged is not None
            for person in self.people.values()
            if person.is_essential and person.place[1] == number
        )

    def _count_again(self) -> None:
        self.acknowledged = any(
            person.is_essential and person.acknowledged is not None and self._is_enough(person.place[1])
            for person in self.people.values()
        )

    def _silence(self) -> None:
        if self.case.silence_all:
            for person in self.people.values():
                person.paged = False


targets = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from((True, True, False))),
    min_size=1,
    max_size=2,
    unique_by=lambda target: target[0],
).map(tuple)
nobody = st.just(())
steps = st.builds(
    Step,
    minutes=st.integers(1, 7),
    targets=st.one_of(targets, targets, targets, nobody),
    all_must=st.booleans(),
)
answers = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 2), st.sampled_from(Say)), min_size=1, max_size=3
).map(
    lambda answers: tuple(
        (minute * MINUTE + place + 1, number, say)
        for place, (minute, number, say) in enumerate(sorted(answers, key=lambda answer: answer[0]))
    )
)
cases = st.builds(
    Case,
    people=st.tuples(*[st.tuples(st.integers(2, 9), st.sampled_from((0, 0, 2, 3)))] * 3),
    steps=st.lists(steps, min_size=1, max_size=3).map(tuple),
    repeat=st.integers(0, 2),
    silence_all=st.booleans(),
    answers=answers,
)


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(case=cases)
async def test_exactly_the_pages_that_the_manual_says(stories: Stories, case: Case) -> None:
    model = Model(case)
    model.run()
    await stories.given(case.definitions)
    story = await stories.page("plan")
    for when, name, say in model.taken:
        await story.at(format_duration(when * TICK))
        await getattr(story, say)(name)
    await story.at("2h")
    await story.expect(*(f"{format_duration(when * TICK)} {name} mail" for when, name in model.pages))
    assert ((await story.record()).status is EngagementStatus.ACKNOWLEDGED) is model.acknowledged


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(delays=st.tuples(*[st.floats(0, 0.15)] * 3))
async def test_nothing_leaves_after_an_answer_that_comes_in_the_moment_in_which_it_is_due(
    stories: Stories, delays: tuple[float, float, float]
) -> None:
    await stories.given(
        PEOPLE, plan(stages(stage("10m", "persistent?", "ana?"), stage("5m", "ben"), stage("5m", "cho")))
    )
    story = await stories.page("shop")
    for moment, name, delay in zip(("4m", "10m", "15m"), ("persistent", "ana", "ben"), delays, strict=True):
        await story.at(f"{int(moment[:-1]) - 1}m30s")

        async def answer(name: str = name, delay: float = delay) -> None:
            await asyncio.sleep(delay)
            await story.acknowledge(name)

        await asyncio.gather(story.at(moment), answer())
        await story.settled()
    await story.at("1h")
    silenced = {"persistent": "persistent", "ana": "ana", "ben": "cho"}
    needless: set[str] = set()
    for what, name in await story.answers_and_pages():
        assert what == "answer" or name not in needless, f"a page to {name} was decided on after the answer"
        needless |= {silenced[name]} if what == "answer" else set()
    paged = [page.message.contact for page in await story.sent()]
    possible = ["4m persistent mail"] if paged.count("persistent") > 1 else []
    possible += ["15m cho mail"] if "cho" in paged else []
    await story.expect("0s ana mail", "0s persistent mail", "10m ben mail", *possible)
    assert len(needless) == 3
