"""What Temporal's namespace is marked with, in its own data: whose it is, and the names of the keys in use."""

from datetime import timedelta
from typing import Final

from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

NOT_ALLOWED: Final = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)


async def marked(client: Client, name: str, within: timedelta | None = None) -> str | None:
    """What the namespace is marked with under a name; None where it is not or may not be seen. Raises RPCError."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        described = await client.workflow_service.describe_namespace(asked, timeout=within)
    except RPCError as error:
        if error.status not in NOT_ALLOWED:
            raise
        return None
    return dict(described.namespace_info.data).get(name)


async def mark_with(client: Client, name: str, value: str, without: str) -> None:
    """Mark the namespace. Where that is not allowed the log says what goes `without` it, and what to do.

    Raises RPCError.
    """
    request = UpdateNamespaceRequest(namespace=client.namespace, update_info=UpdateNamespaceInfo(data={name: value}))
    try:
        await client.workflow_service.update_namespace(request)
    except RPCError as error:
        if error.status not in NOT_ALLOWED:
            raise
        # Slow to load, and every command looks at the marks; only one that sets them may have to say this.
        import structlog

        structlog.get_logger("installation").warning(
            f"the Temporal server may not be marked as ours, so {without}",
            do=f"temporal operator namespace update --namespace {client.namespace} --data {name}={value}",
        )
