"""The search attributes that operators filter incidents by in Temporal's own tools."""

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

SEARCH_ATTRIBUTES = {
    "IncidentStatus": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "IncidentImpact": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "ResponsePlan": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
}

# Hosted Temporal does not let clients change these; whoever runs it adds them by its own tools.
FORBIDDEN = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.UNAUTHENTICATED)


class SearchAttributeTypeError(Exception):
    """The namespace has a search attribute of our name but another type."""


async def register_search_attributes(client: Client) -> list[str]:
    """Adds what the client's namespace lacks; returns the names that it may not add (an operator must).

    Raises SearchAttributeTypeError, or RPCError when Temporal fails.
    """
    try:
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as error:
        if error.status in FORBIDDEN:
            return list(SEARCH_ATTRIBUTES)
        raise
    for name, kind in SEARCH_ATTRIBUTES.items():
        present = listed.custom_attributes.get(name, kind)
        if present != kind:
            raise SearchAttributeTypeError(
                f"search attribute {name} of namespace {client.namespace} is "
                f"{IndexedValueType.Name(present)}, it must be {IndexedValueType.Name(kind)}"
            )
    missing = {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in listed.custom_attributes}
    if not missing:
        return []
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status in FORBIDDEN:
            return list(missing)
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # somebody else was faster
            raise
    return []
