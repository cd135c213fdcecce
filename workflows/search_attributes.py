"""Search attributes, for operators who look with Temporal's own tools. Our own lists read PostgreSQL."""

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

STATUS = SearchAttributeKey.for_keyword("IncidentStatus")
IMPACT = SearchAttributeKey.for_int("IncidentImpact")
PLAN = SearchAttributeKey.for_keyword("ResponsePlan")

ALL = (STATUS, IMPACT, PLAN)


def at_start(*, status: str, impact: int, plan: str) -> TypedSearchAttributes:
    """What an incident's workflow is started with."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(STATUS, status),
            SearchAttributePair(IMPACT, impact),
            SearchAttributePair(PLAN, plan),
        ]
    )
