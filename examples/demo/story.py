"""The story itself: an alarm, told chapter by chapter as it happens."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from client import Tocsin
from definitions.automation import ExecutionStatus, StepStatus
from definitions.changes import Action
from definitions.durations import format_duration
from examples.demo import shop
from examples.demo.cloud import Cloud, Instance
from examples.demo.escalation import SecondPage, escalate_over_a_dead_worker
from examples.demo.narrator import Narrator
from examples.demo.news import telling_of_runbooks
from examples.demo.phones import Phones, Ring
from examples.demo.timeline import compare
from examples.demo.waiting import check, until
from records.incidents import AnalysisStatus, IncidentRecord, Trigger
from records.timeline import EventType, TimelineEvent
from settings import Settings

ALARM = Path(__file__).with_name("alarm.json")
ALARM_ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:shop-answers-with-errors"

THINKING_SECONDS = 1.0

ANSWERS = {
    "impact": "An error page in place of lamps, for less than a minute.",
    "detected": "The load balancer's alarm, as it should. Nobody was awake to see it first.",
    "cause": "The server ran out of memory: the product pictures are scaled on every visit.",
    "action": "Scale the pictures once, when they are uploaded. Ana, by Friday.",
}
ACTION_ITEM = "Scale the product pictures once, when they are uploaded"


class Story:
    """One incident of the shop, from the alarm to what was learned."""

    def __init__(
        self,
        *,
        narrator: Narrator,
        settings: Settings,
        tocsin: Tocsin,
        phones: Phones,
        cloud: Cloud,
        server: Instance,
    ) -> None:
        self._narrator = narrator
        self._settings = settings
        self._tocsin = tocsin
        self._phones = phones
        self._cloud = cloud
        self._server = server

    async def run(self) -> None:
        """Tells it all; raises DemoFailed at the first thing that is not as it should be."""
        await self._apply_definitions()
        self._narrator.chapter("The alarm")
        incident = await self._alarm()
        id_ = incident.incident_id
        async with telling_of_runbooks(self._tocsin, id_, self._narrator):
            execution_id = await self._runbook_asks(id_)
            self._narrator.chapter("Nobody answers")
            page = await escalate_over_a_dead_worker(
                self._tocsin, id_, settings=self._settings, phones=self._phones, narrator=self._narrator
            )
            second = page.ring.device
            self._narrator.chapter(f"{second.owner} answers")
            async with await Tocsin.connect(self._settings, author=second.contact) as person:
                await self._acknowledge(person, id_)
                await self._approve(person, id_, execution_id)
                await self._check_restarted()
                self._narrator.chapter("It is over")
                await self._resolve(person, id_)
        self._narrator.chapter("The timeline, rebuilt from the workflow's history alone")
        events = await compare(self._tocsin, incident, self._narrator)
        self._narrator.chapter("In short")
        self._sum_up(page, events)

    async def _apply_definitions(self) -> None:
        say = self._narrator.say
        made = await self._tocsin.apply([shop.SHOP])
        kinds = Counter(str(change.kind) for change in made)
        say(
            "demo", f"applies examples/shop as it is: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"
        )
        definitions = shop.read_shop()
        overlay = self._settings.data / "overlay.yaml"
        shop.write_overlay(definitions, self._server.instance_id, overlay)
        changes = await self._tocsin.apply([overlay])
        changed = [change.name for change in changes if change.action is Action.CHANGED]
        stage = next(iter(definitions.escalation_plans.values())).stages[0].duration
        say("demo", f"changes {', '.join(changed)} for the next minute:")
        say(
            "",
            f"paging plans go {shop.SPEED} times as fast (stage 1: {format_duration(stage / shop.SPEED)} "
            f"for {format_duration(stage)}), the runbook works on {self._server.instance_id}",
        )
        for shift in await self._tocsin.on_call():
            names = " and ".join(shop.first_name(contact) for contact in shift.contacts) or "nobody"
            say("tocsin", f"{shift.schedule}: {names} is on call")

    async def _alarm(self) -> IncidentRecord:
        trigger = Trigger(
            source="aws.cloudwatch",
            timestamp=datetime.now(UTC),
            trigger_arn=ALARM_ARN,
            raw_data=ALARM.read_text(encoding="utf-8"),
        )
        self._narrator.say("alarm", "CloudWatch: shop-answers-with-errors goes from OK to ALARM")
        incident = (await self._tocsin.start_incident(shop.PLAN, trigger=trigger)).incident
        opened = f"opens incident {incident.incident_id[:8]}: {incident.title}, impact {incident.impact}"
        self._narrator.say("tocsin", opened)

        async def first_page() -> Ring | None:
            return next(iter(self._phones.rings), None)

        await until("the first page arrives", first_page)
        return incident

    async def _runbook_asks(self, incident_id: str) -> str:
        """Waits until the runbook has looked at the instance and asks for approval; the execution's id."""

        async def asking() -> str | None:
            for automation in (await self._tocsin.get_incident(incident_id)).automations:
                details = await self._tocsin.get_automation(automation.execution_id)
                if any(step.status is StepStatus.WAITING for step in details.steps):
                    return automation.execution_id
            return None

        return await until("the runbook asks for approval", asking)

    async def _acknowledge(self, person: Tocsin, incident_id: str) -> None:
        await asyncio.sleep(THINKING_SECONDS)
        await person.acknowledge(incident_id, person.author, note="I am at the laptop.")
        self._narrator.say(person.author, 'acknowledges: "I am at the laptop." No further stage will begin')
        engagement = (await person.get_incident(incident_id)).engagements[0]
        check(
            engagement.acknowledged_by == person.author, f"the records do not say that {person.author} has it"
        )

    async def _approve(self, person: Tocsin, incident_id: str, execution_id: str) -> None:
        """Says yes, and waits until the incident knows how the runbook ended."""
        await asyncio.sleep(THINKING_SECONDS)
        self._narrator.say(person.author, 'approves the restart: "Do it, nobody can buy anyway."')
        await person.approve(execution_id, comment="Do it, nobody can buy anyway.")

        async def told_of_the_end() -> TimelineEvent | None:
            timeline = await person.timeline(incident_id)
            return next((event for event in timeline if event.event_type is EventType.AUTOMATION_END), None)

        end = await until("the runbook is through", told_of_the_end)
        status = end.data.get("status")
        check(status == ExecutionStatus.SUCCESS, f"the runbook should have ended as Success, and is {status}")

    async def _check_restarted(self) -> None:
        """EC2 gives an instance a new public address when it is started after a stop, and never otherwise."""
        before, now = self._server, await asyncio.to_thread(self._cloud.look, self._server.instance_id)
        check(now.state == "running", f"{now.instance_id} should be running, and is {now.state}")
        check(
            now.public_ip not in (None, before.public_ip),
            f"{now.instance_id} still has the address {before.public_ip}: it was not stopped and started",
        )
        self._narrator.say(
            "AWS", f"the shop's server was {before.public_ip} and is {now.public_ip}: restarted"
        )

    async def _resolve(self, person: Tocsin, incident_id: str) -> None:
        lowered = await person.update_incident(incident_id, impact=4)
        self._narrator.say(
            person.author, f"lowers the impact to {lowered.impact}: the shop sells lamps again"
        )
        await person.resolve(incident_id, note="The server is back.")
        self._narrator.say(person.author, "resolves the incident: all paging stops, the analysis is due")
        await asyncio.sleep(THINKING_SECONDS)
        await person.complete_analysis(incident_id, answers=ANSWERS, action_items=[ACTION_ITEM])
        self._narrator.say(person.author, f'completes the analysis: "{ACTION_ITEM}"')
        async with asyncio.timeout(20):
            await person.temporal.get_workflow_handle(incident_id).result()
        incident = (await person.get_incident(incident_id)).incident
        check(incident.closed_at is not None, "the incident's record does not say that it is closed")
        check(
            incident.analysis_status is AnalysisStatus.COMPLETED, "the record knows of no completed analysis"
        )
        self._narrator.say("tocsin", "has archived the workflow's history; the incident is closed")

    def _sum_up(self, page: SecondPage, events: int) -> None:
        rings, say = self._phones.rings, self._narrator.say
        repeated = len(rings) - len({ring.message_id for ring in rings})
        say("page", f"{len(rings)} pages arrived, {repeated or 'none'} of them twice")
        say("kill -9", f"made {page.ring.device.owner}'s page {page.late:.1f} s late; nothing was lost")
        say("tocsin", f"{events} timeline events, equal in history and records")
