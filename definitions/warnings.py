"""What is allowed and yet will never happen, or never be heard: told to whoever saves definitions."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from definitions.catalog import Catalog, Definition
from definitions.contacts import Channel, ChannelType, Contact
from definitions.durations import format_duration
from definitions.empty_plans import why_empty
from definitions.escalation_plans import UNTIL_ACKNOWLEDGED, EscalationPlan
from definitions.hearing import Hearing, planned_channels
from definitions.holes import hole_words, holes
from definitions.intervals import Interval
from definitions.on_call_schedules import OnCallSchedule
from definitions.problems import Path, Problem
from definitions.response_plans import ResponsePlan
from definitions.rotations import Rotation
from definitions.sources import Loaded
from definitions.stage_warnings import Finding, stage_warnings

HORIZON = timedelta(days=90)
"""How far ahead holes in schedules are looked for."""


def find_warnings(catalog: Catalog, loaded: Loaded, now: datetime) -> list[Problem]:
    """What a person should know of the loaded definitions, by file and line.

    `catalog` is what `definitions.checks.check` made of them, with the channels that must not be paged now.
    """
    inspection = _Inspection(catalog, now)
    found = {
        source.problem(path, message)
        for definition, source in loaded
        for path, message in inspection.of(definition)
    }
    told = {definition.name for definition, _ in loaded if isinstance(definition, OnCallSchedule)}
    for definition, source in loaded:
        if isinstance(definition, Rotation):
            for path, message in inspection.of_schedules_with(definition, but=told):
                found.add(source.problem(path, message))
    return sorted(found, key=lambda one: (one.file, one.line or 0, one.message))


class _Inspection:
    """One look at a catalog; what several definitions need is worked out once."""

    def __init__(self, catalog: Catalog, now: datetime) -> None:
        self._catalog = catalog
        self._now = now
        self._hearing = Hearing(catalog)
        self._holes: dict[str, list[Interval]] = {}

    def of(self, definition: Definition) -> Iterator[Finding]:
        """The findings about one definition: where in it, and what."""
        match definition:
            case Contact():
                yield from self._of_contact(definition)
            case EscalationPlan():
                yield from self._of_plan(definition)
            case Rotation():
                yield from self._of_rotation(definition)
            case OnCallSchedule():
                yield from self._of_schedule(definition)
            case ResponsePlan():
                for i, alias in enumerate(definition.engagements):
                    yield from self._unheard(alias, ("engagements", i))

    def of_schedules_with(self, rotation: Rotation, *, but: set[str]) -> Iterator[Finding]:
        """Holes in schedules in force that a changed rotation belongs to."""
        for schedule in self._catalog.on_call_schedules.values():
            if rotation.name in schedule.rotations and schedule.name not in but:
                for _, message in self._of_schedule(schedule):
                    yield ("name",), f"on-call schedule {schedule.name}: {message}"

    def _of_contact(self, contact: Contact) -> Iterator[Finding]:
        deaf = self._hearing.why_deaf(contact.name)
        silent = self._catalog.silent_channels.get(contact.name, {})
        planned = planned_channels(contact)
        if deaf is not None:
            hint = _hint(contact.name, planned[0], silent[planned[0]]) if planned else "add one"
            yield ("name",), f"{contact.name} is never paged: {deaf}; {hint}"
        else:
            for i, channel in enumerate(contact.channels):
                if channel.name in silent and channel.name in planned:
                    hint = _hint(contact.name, channel.name, silent[channel.name])
                    words = f"{channel.name} is never paged: it is {silent[channel.name]}; {hint}"
                    yield ("channels", i, "name"), words
        for i, channel in enumerate(contact.channels):
            if _may_hold_a_secret(channel):
                words = (
                    "the address may hold a secret, and is stored as it is; name it like {{ secret:NAME }}"
                )
                yield ("channels", i, "address"), words
        for i, stage in enumerate(contact.plan.stages):
            for j, target in enumerate(stage.targets):
                if target.retry_interval and target.retry_interval >= stage.duration:
                    every, lasts = format_duration(target.retry_interval), format_duration(stage.duration)
                    words = (
                        f"{target.channel} is paged once, never again: {every} is not shorter than its stage"
                    )
                    path: Path = ("plan", "stages", i, "targets", j, "retry_interval")
                    yield path, f"{words} of {lasts}"

    def _of_plan(self, plan: EscalationPlan) -> Iterator[Finding]:
        for i, stage in enumerate(plan.stages):
            for j, target in enumerate(stage.targets):
                yield from self._unheard(target.contact, ("stages", i, "targets", j, "contact"))
        if plan.fallback is not None:
            yield from self._unheard(plan.fallback, ("fallback",))
        else:
            reasons = why_empty(plan, self._why_nobody)
            if reasons is not None:
                words = f"at times the plan engages nobody at all ({', '.join(reasons)}); name a fallback"
                yield ("stages",), words
        targets = [target for stage in plan.stages for target in stage.targets]
        if plan.repeat == UNTIL_ACKNOWLEDGED and not any(target.is_essential for target in targets):
            yield ("repeat",), "no target is essential, so that no acknowledgement ever ends the repetition"
        yield from stage_warnings(plan, self._catalog, self._now)

    def _of_rotation(self, rotation: Rotation) -> Iterator[Finding]:
        deaf = self._hearing.deaf_members(rotation)
        if len(deaf) == len(set(rotation.contacts)):
            told = ", ".join(f"{alias}: {reason}" for alias, reason in deaf.items())
            yield ("contacts",), f"none of its members can be paged ({told})"
            return
        for alias, reason in deaf.items():
            words = f"nobody is paged in the turns of {alias}: {reason}"
            yield ("contacts", rotation.contacts.index(alias)), words

    def _of_schedule(self, schedule: OnCallSchedule) -> Iterator[Finding]:
        if schedule.fallback is not None:
            yield from self._unheard(schedule.fallback, ("fallback",))
        found = self._holes_of(schedule)
        if not found:
            return
        if schedule.fallback is not None:
            then = f"engaged directly, it then engages its fallback {schedule.fallback}"
        else:
            then = "then it engages nobody; name a fallback, here or in the plans that engage it"
        end = self._now + HORIZON
        if found == [(self._now, end)]:
            words = f"nobody is on call in the next {HORIZON.days} days"
        else:
            zone = self._catalog.rotations[schedule.rotations[0]].time_zone
            words = f"nobody is on call {hole_words(found, end, zone)}"
        yield ("rotations",), f"{words}; {then}"

    def _unheard(self, alias: str, path: Path) -> Iterator[Finding]:
        deaf = self._hearing.why_deaf(alias)
        if deaf is not None:
            yield path, f"nobody hears a page to {alias}: {deaf}"

    def _why_nobody(self, alias: str) -> str | None:
        """Why a target of a plan may, at times, be nobody who hears it; only what is engaged directly falls back."""
        if self._hearing.why_deaf(alias) is not None:
            return f"nobody hears {alias}"
        match self._catalog.engageable(alias):
            case OnCallSchedule() as schedule if self._holes_of(schedule):
                return f"at times nobody is on call for {alias}"
            case EscalationPlan() as plan if why_empty(plan, self._why_nobody) is not None:
                return f"at times {alias} engages nobody"
        return None

    def _holes_of(self, schedule: OnCallSchedule) -> list[Interval]:
        if schedule.name not in self._holes:
            try:
                found = holes(schedule, self._catalog, self._now, self._now + HORIZON)
            except ValueError:  # a zone in force that this machine lacks: nothing can be said
                found = []
            self._holes[schedule.name] = found
        return self._holes[schedule.name]


def _hint(contact: str, channel: str, status: str) -> str:
    if status == "OPTED_OUT":
        return "its owner opted out, and can send START"
    return f"`tocsin channel send-code {contact} {channel}` sends a code"


def _may_hold_a_secret(channel: Channel) -> bool:
    """Whoever knows a Teams workflow's URL can post to it; most Apprise URLs hold tokens."""
    if channel.secret_address is not None:
        return False
    if channel.type is ChannelType.WEBHOOK:
        return "@" in urlsplit(channel.address).netloc
    return channel.type in (ChannelType.TEAMS, ChannelType.APPRISE)
