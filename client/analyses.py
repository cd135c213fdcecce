"""Analyses: what a resolved incident taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from client.connection import Connection, build
from client.errors import NotFoundError
from definitions.analysis_templates import AnalysisTemplate
from records import incident_store
from records.definitions import read_catalog
from records.incidents import Analysis
from records.reading import read_analysis
from workflows.messages import CompleteAnalysis, SkipAnalysis


class Analyses(Connection):
    """What can be done with analyses."""

    async def get_analysis(self, incident_id: str) -> Analysis:
        """An incident's analysis; raises NotFoundError until it is completed or skipped."""
        full = await self.full_id(incident_id)
        async with self._database() as database:
            analysis = await read_analysis(database, full)
        if analysis is None:
            raise NotFoundError(f"incident {full} has no analysis yet")
        return analysis

    async def analysis_template(self, incident_id: str) -> AnalysisTemplate | None:
        """The template an incident's analysis follows, as it is in force; None if its plan names none."""
        full = await self.full_id(incident_id)
        async with self._database() as database:
            incident = await incident_store.find(database, full)
            catalog = await read_catalog(database)
        if incident is None:
            raise NotFoundError(f"no incident {full}")
        plan = catalog.response_plans.get(incident.plan)
        return catalog.analysis_templates.get(plan.analysis.template) if plan and plan.analysis else None

    async def complete_analysis(
        self,
        incident_id: str,
        *,
        answers: Mapping[str, str] | None = None,
        summary: str = "",
        action_items: Sequence[str] = (),
    ) -> Analysis:
        """Answer the template's questions, by their ids; it ends the incident's life.

        Raises ConflictError unless the incident is resolved, InvalidInputError for unknown or missing answers.
        """
        message = build(
            CompleteAnalysis,
            author=self.author,
            answers=dict(answers or {}),
            summary=summary,
            action_items=list(action_items),
        )
        return await self._update(await self.full_id(incident_id), "complete_analysis", message, Analysis)

    async def skip_analysis(self, incident_id: str, *, reason: str) -> Analysis:
        """End the incident's life without an analysis, for a reason."""
        message = build(SkipAnalysis, author=self.author, reason=reason)
        return await self._update(await self.full_id(incident_id), "skip_analysis", message, Analysis)
