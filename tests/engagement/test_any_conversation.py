"""Whatever is said by whomever at once, in any run: nothing breaks, and what the record says is true."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.durations import format_duration
from records.engagements import EngagementStatus
from tests.engagement.people import QUICK, plan, response, stage, stages
from tests.engagement.story import IncidentStory, RefusedError, Stories

NAMES = ("ana", "ben", "cho", "persistent")

PLANS = [
    plan(stages(stage("5m", "ana", "ben?"), stage("3m", "cho")), more="repeat: 2, fallback: persistent"),
    plan(
        stages(stage("6m", "ana", "ben", more="all_must_acknowledge: true"), stage("2m", "persistent")),
        more="on_essential_ack: silence_all, repeat: 1",
    ),
    "\n---\n".join(
        [
            plan(stages(stage("4m", "inner", "ana"), stage("4m", "cho", "inner?")), more="repeat: 1"),
            plan(
                stages(stage("3m", "ben", "persistent?"), stage("2m", "cho")),
                name="inner",
                more="on_essential_ack: silence_all, repeat: 2",
            ),
        ]
    ),
    "\n---\n".join(
        [
            plan(stages(stage("4m", "middle", "ana", more="all_must_acknowledge: true"), stage("9m", "ben"))),
            plan(stages(stage("3m", "inner?"), stage("2m", "cho")), name="middle"),
            plan(stage("5m", "persistent", "ben"), name="inner", more="repeat: 3"),
        ]
    ),
]


@dataclass(frozen=True)
class Saying:
    """Who says what, and to whom they hand over."""

    who: str
    what: str
    to: str

    async def told(self, story: IncidentStory) -> bool:
        """Whether it was taken."""
        try:
            match self.what:
                case "snooze":
                    await story.snooze(self.who, "3m")
                case "hand_over":
                    await story.hand_over(self.who, self.to)
                case "acknowledge":
                    await story.acknowledge_by_link(self.who, None)
                case "decline":
                    await story.decline(self.who)
                case "unacknowledge":
                    await story.unacknowledge(self.who)
        except RefusedError:
            return False
        return True


sayings = st.builds(
    Saying,
    who=st.sampled_from(NAMES),
    what=st.sampled_from(("acknowledge", "decline", "unacknowledge", "snooze", "hand_over")),
    to=st.sampled_from(NAMES),
)
conversations = st.lists(
    st.tuples(st.integers(0, 4), st.lists(sayings, min_size=1, max_size=4)), min_size=1, max_size=5
)


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    definitions=st.sampled_from(PLANS),
    conversation=conversations,
    limit=st.sampled_from((40, 8000)),
)
async def test_what_the_record_says_in_the_end_is_true(
    stories: Stories, definitions: str, conversation: list[tuple[int, list[Saying]]], limit: int
) -> None:
    await stories.given(QUICK, definitions, response("shop"))
    story = await stories.incident("shop-down", history_limit=limit)
    minutes = 0
    for pause, said in conversation:
        minutes += pause
        await story.at(format_duration(timedelta(minutes=minutes)))
        await asyncio.gather(*(saying.told(story) for saying in said))
    await story.at("45m")
    await story.expect(*(str(page) for page in await story.sent()))
    record = await story.record()
    people = record.people.values()
    have_it = {person.contact for person in people if person.acknowledged_at and person.is_essential}
    if record.status is EngagementStatus.ACKNOWLEDGED:
        assert record.acknowledged_by in have_it
    else:
        assert record.acknowledged_by is None
    assert not [person for person in people if person.snoozed_until is not None]
    for person in people:
        given_up = person.acknowledged_at or person.declined_at or person.handed_over_to
        assert person.finished
        assert given_up or person.pages, f"{person.contact} was never paged"
