"""Who can be paged in these stories: everybody is mailed once, and given an hour to answer."""

from datetime import UTC, datetime, timedelta

PEOPLE = """
    kind: Contact
    name: ana
    channels: [{name: mail, type: EMAIL, address: ana@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: ben
    channels: [{name: mail, type: EMAIL, address: ben@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: cho
    channels: [{name: mail, type: EMAIL, address: cho@shop.example}]
    plan: {stages: [{duration: 1h, targets: [{channel: mail}]}]}
    ---
    kind: Contact
    name: persistent
    channels: [{name: mail, type: EMAIL, address: persistent@shop.example}]
    plan: {stages: [{duration: 20m, targets: [{channel: mail, retry_interval: 4m}]}]}
"""
"""`persistent` is mailed every 4 minutes for 20."""

QUICK = PEOPLE.replace("duration: 1h", "duration: 4m")
"""The same, with 4 minutes to answer: a later stage or round finds their plans run out."""


def plan(stages: str, *, name: str = "shop", more: str = "") -> str:
    """An escalation plan of stages written as YAML; `more` are its other fields."""
    return f"{{kind: EscalationPlan, name: {name}, stages: [{stages}]{', ' + more if more else ''}}}"


def stage(duration: str, *targets: str, more: str = "") -> str:
    """A stage of an escalation plan; `ben?` is a target that is not essential."""
    written = ", ".join(
        f"{{contact: {target.removesuffix('?')}, is_essential: {str(not target.endswith('?')).lower()}}}"
        for target in targets
    )
    return f"{{duration: {duration}, targets: [{written}]{', ' + more if more else ''}}}"


def stages(*each: str) -> str:
    """Stages in order."""
    return ", ".join(each)


def response(*engagements: str, impact: int = 3, more: str = "") -> str:
    """The response plan `shop-down`."""
    template = f"incident_template: {{title: The shop is down, impact: {impact}}}"
    rest = f", {more}" if more else ""
    return (
        f"{{kind: ResponsePlan, name: shop-down, {template}, engagements: [{', '.join(engagements)}]{rest}}}"
    )


def schedule(name: str, contacts: str, *, instead: str | None = None, fallback: str | None = None) -> str:
    """A schedule with one rotation, started in the past; `instead` is on shift now by an override ('': nobody)."""
    overrides = ""
    if instead is not None:
        now = datetime.now(UTC).replace(microsecond=0)
        start, end = (now - timedelta(days=1)).isoformat(), (now + timedelta(days=2)).isoformat()
        overrides = f"overrides: [{{start: '{start}', end: '{end}', contacts: [{instead}]}}]"
    return f"""
    kind: Rotation
    name: {name}-turns
    contacts: [{contacts}]
    time_zone: Europe/Berlin
    start_time: '2025-01-01T09:00'
    recurrence: {{monthly_settings: [{{day_of_month: 1, hand_off_time: '09:00'}}]}}
    {overrides}
    ---
    kind: OnCallSchedule
    name: {name}
    rotations: [{name}-turns]
    {f"fallback: {fallback}" if fallback else ""}
    """


def hours(name: str, *, opens: datetime, closes: datetime) -> str:
    """Working hours with a single window of less than a day; both instants on a full minute, UTC."""
    day = opens.strftime("%a").upper()
    window = f"{{start: '{opens:%H:%M}', end: '{closes:%H:%M}'}}"
    return f"{{kind: WorkingHours, name: {name}, time_zone: UTC, hours: {{{day}: [{window}]}}}}"


def in_minutes(minutes: int) -> datetime:
    """The full minute that is so many minutes from now, or a little more."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return now + timedelta(minutes=minutes + 1)
