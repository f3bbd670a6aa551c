"""Our search attributes on the Temporal server: a journey that sets one which the server does not know cannot go on."""

from datetime import timedelta
from typing import Any, Final

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from service.keeping import Say
from service.waiting import NotYet, not_yet, until_there
from workflows import search_attributes as sa

PATIENCE: Final = timedelta(seconds=10)
"""For one answer (ours: it is a look into the server's own settings)."""
MISSING: Final = "it knows no search attribute {names}; an administrator registers them (docs/operating.md)"
NO_RIGHT: Final = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.UNIMPLEMENTED)


async def registered(client: Client, say: Say = lambda text: None) -> None:
    """Wait until the server knows every search attribute of ours; register those that are missing, if we may."""
    await until_there("the search attributes", lambda: _known(client), say)


async def _known(client: Client) -> None:
    try:
        await client.count_workflows(" AND ".join(f"{key.name} IS NULL" for key in sa.ALL), rpc_timeout=PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise not_yet(error) from None
        await _register(client)
        raise NotYet("the server is taking them in") from None


async def _register(client: Client) -> None:
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        there = await client.operator_service.list_search_attributes(asked, timeout=PATIENCE)
        missing: dict[str, Any] = {
            key.name: key.indexed_value_type for key in sa.ALL if key.name not in there.custom_attributes
        }
        if not missing:  # a frontend with several beside it may know a little later what another was told
            return
        wanted = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        await client.operator_service.add_search_attributes(wanted, timeout=PATIENCE)
    except RPCError as error:
        if error.status in NO_RIGHT:
            raise NotYet(MISSING.format(names=", ".join(key.name for key in sa.ALL))) from None
        raise not_yet(error) from None
