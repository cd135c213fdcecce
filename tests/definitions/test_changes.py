"""What an apply would change, and YAML that comes back as the definition it was made from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.analysis_templates import AnalysisTemplate, Question, Section
from definitions.catalog import AnyDefinition, Catalog, Definition
from definitions.changes import Action, changes, to_yaml
from definitions.contacts import Channel, ChannelTarget, ChannelType, Contact, ContactPlan, ContactStage
from definitions.loader import load
from definitions.response_plans import IncidentTemplate, PlannedRunbook, ResponsePlan
from definitions.rotations import DayOfWeek, Override, Recurrence, Rotation
from definitions.runbooks import Runbook

ANA = Contact(
    name="ana",
    channels=(Channel(name="mail", type=ChannelType.EMAIL, address="ana@shop.example"),),
    plan=ContactPlan(
        stages=(
            ContactStage(
                duration=timedelta(minutes=90),
                targets=(ChannelTarget(channel="mail", retry_interval=timedelta(minutes=5)),),
            ),
        )
    ),
)


def test_a_definition_is_written_as_a_person_would() -> None:
    assert to_yaml(ANA) == (
        "kind: Contact\n"
        "name: ana\n"
        "channels:\n"
        "  - name: mail\n"
        "    type: EMAIL\n"
        "    address: ana@shop.example\n"
        "plan:\n"
        "  stages:\n"
        "    - duration: 1h30m\n"
        "      targets:\n"
        "        - channel: mail\n"
        "          retry_interval: 5m\n"
    )


def test_a_script_is_written_as_a_block() -> None:
    runbook = Runbook(name="look", document={"Script": "def look(events, context):\n    return 1\n"})
    assert to_yaml(runbook).endswith(
        "document:\n  Script: |\n    def look(events, context):\n        return 1\n"
    )


def test_changes_name_what_is_added_changed_and_unchanged() -> None:
    ben, carla = Contact(name="ben"), Contact(name="carla")
    before = Catalog.of([ANA, ben])
    after = Catalog.of([ANA, ben.model_copy(update={"display_name": "Ben"}), carla])
    found = changes(before, after)
    assert [(one.name, one.action) for one in found] == [
        ("ana", Action.UNCHANGED),
        ("ben", Action.CHANGED),
        ("carla", Action.ADDED),
    ]
    assert found[0].diff == ""
    assert found[1].diff == (
        "--- Contact/ben (in force)\n+++ Contact/ben\n@@ -1,2 +1,3 @@\n"
        " kind: Contact\n name: ben\n+display_name: Ben\n"
    )
    assert (
        found[2].diff == "--- /dev/null\n+++ Contact/carla\n@@ -0,0 +1,2 @@\n+kind: Contact\n+name: carla\n"
    )


def test_the_order_of_keys_is_no_change_and_makes_no_noise() -> None:
    before = Catalog.of([Runbook(name="one", document={"a": 1, "b": [{"c": 2, "d": 3}]})])
    turned = Catalog.of([Runbook(name="one", document={"b": [{"d": 3, "c": 2}], "a": 1})])
    edited = Catalog.of([Runbook(name="one", document={"b": [{"d": 3, "c": 4}], "a": 1})])
    assert [one.action for one in changes(before, turned)] == [Action.UNCHANGED]
    (change,) = changes(before, edited)
    assert [line for line in change.diff.splitlines() if line[0] in "+-"][2:] == [
        "-      c: 2",
        "+      c: 4",
    ]


# What YAML can hold: printable text, and no NUL.
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0"), min_size=1, max_size=200
) | st.sampled_from(
    ["yes", "null", "1e3", "0.5", "12:30", "2026-01-01", " a\nb \n", "\n", "a\n\n", "- x", "{{ y }}"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
INSTANTS = st.integers(1, 32_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def contact(display_name: str, address: str, minutes: int, retry: int) -> Contact:
    target = ChannelTarget(channel="hook", retry_interval=timedelta(seconds=retry))
    stage = ContactStage(duration=timedelta(minutes=minutes), targets=(target,))
    webhook = {
        "name": "hook",
        "type": "WEBHOOK",
        "address": f"https://x/{address}",
        "secret": "{{ secret:S }}",
    }
    hook = Channel.model_validate(webhook)
    return Contact(name="a", display_name=display_name, channels=(hook,), plan=ContactPlan(stages=(stage,)))


def rotation(start: datetime, time_zone: str, day: DayOfWeek, hours: int) -> Rotation:
    override = Override(start=start, end=start + timedelta(hours=hours))
    return Rotation(
        name="r 1",
        contacts=("a", "b"),
        time_zone=time_zone,
        start_time=start,
        recurrence=Recurrence.model_validate(
            {
                "weekly_settings": [{"day_of_week": day, "hand_off_time": "09:05"}],
                "shift_coverages": {day: [{"start": "08:00", "end": "20:30"}]},
            }
        ),
        overrides=(override,),
    )


DEFINITIONS: st.SearchStrategy[Definition] = st.one_of(
    st.builds(contact, TEXT, TEXT, st.integers(1, 1440), st.integers(0, 100_000)),
    st.builds(
        rotation,
        INSTANTS,
        st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "UTC", "Africa/Monrovia"]),
        st.sampled_from(list(DayOfWeek)),
        st.integers(1, 1000),
    ),
    st.builds(lambda document: Runbook(name="one", document={"x": document}), JSON),
    st.builds(
        lambda text, tags, parameters: ResponsePlan(
            name="p",
            incident_template=IncidentTemplate(title=text, impact=2, summary=text, tags=tags),
            runbook=PlannedRunbook(name="one", parameters=parameters),
        ),
        TEXT,
        st.dictionaries(TEXT, TEXT, max_size=3),
        st.dictionaries(
            TEXT, TEXT | st.booleans() | st.integers() | st.lists(TEXT) | st.dictionaries(TEXT, TEXT)
        ),
    ),
    st.builds(
        lambda text: AnalysisTemplate(
            name="t", sections=(Section(id="s", title=text, questions=(Question(id="q", text=text),)),)
        ),
        TEXT,
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(DEFINITIONS)
def test_a_definition_comes_back_from_its_yaml(tmp_path: Path, definition: Definition) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(to_yaml(definition))
    assert load([file]).definitions == (definition,)


@given(DEFINITIONS)
def test_a_definition_comes_back_from_its_json(definition: Any) -> None:
    assert AnyDefinition.validate_json(definition.model_dump_json()) == definition
