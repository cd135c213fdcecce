"""The analysis an incident ends in: when it is due, who is reminded, and what makes it complete."""

from datetime import datetime, timedelta

from temporalio import workflow

from workflows.inputs import Carried
from workflows.journal import Journal
from workflows.messages import CompleteAnalysis, Refusal, SkipAnalysis, refuse
from workflows.paging import Desk

with workflow.unsafe.imports_passed_through():
    from activities.paging.messages import Notice, PageMessage
    from definitions.analysis_templates import AnalysisTemplate
    from definitions.catalog import Catalog
    from definitions.contacts import Contact
    from definitions.response_plans import ResponsePlan
    from records.incidents import Analysis, AnalysisStatus, IncidentRecord
    from records.timeline import EventType

REMINDER = timedelta(days=1)
"""How often an analysis without a template is asked for."""


class AnalysisDesk:
    """Asks for the analysis of a resolved incident until it is completed or skipped."""

    def __init__(
        self,
        incident: IncidentRecord,
        plan: ResponsePlan,
        catalog: Catalog,
        carried: Carried,
        desk: Desk,
        journal: Journal,
    ) -> None:
        self.result: Analysis | None = carried.analysis
        self.reminder_at: datetime | None = carried.reminder_at
        self._incident = incident
        self._template: AnalysisTemplate | None = None
        self._owner: Contact | None = None
        if plan.analysis:
            self._template = catalog.analysis_templates[plan.analysis.template]
            self._owner = catalog.contacts.get(plan.analysis.owner or "")
        self._desk = desk
        self._journal = journal
        self._reminders = 0

    def due(self) -> None:
        """The incident is resolved: from now on the analysis is owed."""
        self._incident.analysis_status = AnalysisStatus.PENDING
        self.reminder_at = workflow.now() + self._interval

    def not_due(self) -> None:
        """The incident was reopened."""
        self._incident.analysis_status = AnalysisStatus.NOT_DUE
        self.reminder_at = None

    def check_complete(self, message: CompleteAnalysis) -> None:
        """Refuse answers to questions nobody asked, and silence where an answer is required."""
        if self._template is None:
            return
        questions = self._template.questions()
        if unknown := sorted(message.answers.keys() - questions.keys()):
            asked = ", ".join(questions)
            raise refuse(
                Refusal.INVALID, f"no question {unknown[0]!r} in {self._template.name!r}; it asks: {asked}"
            )
        for id_, question in questions.items():
            if question.required and not message.answers.get(id_, "").strip():
                raise refuse(Refusal.INVALID, f"question {id_} ({question.text}) must be answered")

    def complete(self, message: CompleteAnalysis) -> Analysis:
        """Take the answers."""
        return self._end(
            AnalysisStatus.COMPLETED,
            Analysis(
                incident_id=self._incident.incident_id,
                status=AnalysisStatus.COMPLETED,
                summary=message.summary,
                answers=message.answers,
                action_items=message.action_items,
                author=message.author,
                completed_at=workflow.now(),
            ),
        )

    def skip(self, message: SkipAnalysis) -> Analysis:
        """There will be none."""
        return self._end(
            AnalysisStatus.SKIPPED,
            Analysis(
                incident_id=self._incident.incident_id,
                status=AnalysisStatus.SKIPPED,
                skip_reason=message.reason,
                author=message.author,
                completed_at=workflow.now(),
            ),
        )

    async def remind(self) -> None:
        """Remind the owner each time the interval passes with the analysis still owed."""
        while True:
            await workflow.wait_condition(lambda: self.reminder_at is not None)
            until = self.reminder_at
            if until is None:
                continue
            try:
                await workflow.wait_condition(
                    lambda until=until: self.reminder_at != until,  # type: ignore[misc]  # bound now, on purpose
                    timeout=max(until - workflow.now(), timedelta(0)),
                    timeout_summary="analysis reminder",
                )
            except TimeoutError:
                await self._remind_once()

    async def _remind_once(self) -> None:
        await workflow.wait_condition(lambda: not self._desk.closing)
        if self._incident.analysis_status is not AnalysisStatus.PENDING:
            return
        self.reminder_at = workflow.now() + self._interval
        self._reminders += 1
        outcomes = [await self._tell(self._owner, name) for name in self._channels()] if self._owner else []
        owner = self._owner.name if self._owner else None
        self._journal.note(EventType.ANALYSIS_REMINDER, {"owner": owner, "outcomes": outcomes})

    def _channels(self) -> list[str]:
        """The owner's first channels: a reminder is no emergency."""
        stages = self._owner.plan.stages if self._owner else ()
        return next(([target.channel for target in stage.targets] for stage in stages if stage.targets), [])

    async def _tell(self, owner: Contact, channel: str) -> str:
        incident = self._incident
        if workflow.patched("reminders-are-notices"):
            notice = Notice(
                key=str(workflow.uuid4()),
                channel=owner.channel(channel),
                contact=owner.name,
                display_name=owner.display_name,
                subject=f"Analysis owed: {incident.title}",
                body=f"Complete it with: tocsin analysis complete {incident.incident_id}",
            )
            return (await self._desk.send_notice(notice)).outcome
        delivery = await self._desk.send(
            PageMessage(
                key=str(workflow.uuid4()),
                page_id=str(workflow.uuid4()),
                engagement_id=incident.incident_id,
                incident_id=incident.incident_id,
                contact=owner.name,
                display_name=owner.display_name,
                channel=owner.channel(channel),
                subject=f"Analysis owed: {incident.title}",
                content=f"Complete it with: tocsin analysis complete {incident.incident_id}",
            )
        )
        return delivery.outcome

    def _end(self, status: AnalysisStatus, analysis: Analysis) -> Analysis:
        self._incident.analysis_status = status
        self.reminder_at = None
        if self._template:
            analysis.template, analysis.title = self._template.name, self._template.title
        self.result = analysis
        told = {"status": status, "actionItems": analysis.action_items, "reason": analysis.skip_reason}
        self._journal.note(EventType.ANALYSIS_END, told, author=analysis.author)
        return analysis

    @property
    def _interval(self) -> timedelta:
        return self._template.reminder_interval if self._template else REMINDER
