"""The namespace on a Temporal server of one's own, made ready: it is there, and knows our search attributes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from service.attributes import NO_RIGHT, PATIENCE, registered
from service.keeping import Say
from service.waiting import NotYet, not_yet, until_there
from workflows import search_attributes as sa

RETENTION: Final = timedelta(days=7)
"""For which a run that has ended can be looked at in Temporal (ours: a journey begins anew from the case record, so
that nothing needs it longer than whoever looks into a fault)."""

NOT_THERE: Final = (
    "the namespace {namespace} is not there, or is not for this user, who may not make one. Make it where yours are "
    "made (Temporal Cloud: its console, `tcld` or its Terraform provider), or have an administrator do it, then run "
    "this again"
)
NOT_OURS: Final = (
    "the namespace {namespace} lacks the search attributes {missing}, and this user may not add them. Add them where "
    "yours are added (Temporal Cloud: its console, `tcld namespace search-attributes add` or its Terraform provider; "
    "else an administrator, by `temporal operator search-attribute create`), then run this again"
)
OF_ANOTHER_KIND: Final = (
    "the namespace {namespace} has search attributes of these names that are of another kind: {wrong}. Journeys could "
    "not go on there: use a namespace of your own for this service"
)


class NamespaceRefused(RuntimeError):
    """The namespace cannot be made ready by us; the text says what is missing and who can mend it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done: whether the namespace was made, which attributes were added, which were there."""

    made: bool
    added: tuple[str, ...]
    there: tuple[str, ...]


async def prepare(client: Client, retention: timedelta = RETENTION, say: Say = lambda text: None) -> Prepared:
    """Make the client's namespace if it is not there, and register the search attributes that it lacks.

    Doing it again does nothing more. A server that is coming up is waited for. Raises NamespaceRefused, NoService.
    """
    what = f"the namespace {client.namespace}"
    made = await until_there(what, lambda: _made(client, retention), say)
    added = await until_there(what, lambda: _added(client), say)
    await registered(client, say)
    return Prepared(made, added, tuple(key.name for key in sa.ALL if key.name not in added))


def with_kinds(names: Iterable[str]) -> str:
    """Attributes with their kinds, as Temporal's own commands take them: `Stage=Keyword, NextDue=Datetime`."""
    kinds = {key.name: kind_name(key.indexed_value_type) for key in sa.ALL}
    return ", ".join(f"{name}={kinds[name]}" for name in names)


def kind_name(kind: int) -> str:
    """What Temporal's commands call a kind of attribute."""
    words = (
        IndexedValueType.Name(cast("IndexedValueType.ValueType", kind)).removeprefix("INDEXED_VALUE_TYPE_").split("_")
    )
    return "".join(word.capitalize() for word in words)


async def _made(client: Client, retention: timedelta) -> bool:
    """Whether it had to be made."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(asked, timeout=PATIENCE)
    except RPCError as error:
        if error.status in NO_RIGHT:
            raise NamespaceRefused(NOT_THERE.format(namespace=client.namespace)) from None
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise not_yet(error) from None
        await _make(client, retention)
        return True
    return False


async def _make(client: Client, retention: timedelta) -> None:
    kept = Duration()
    kept.FromTimedelta(retention)
    wanted = RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=kept)
    try:
        await client.workflow_service.register_namespace(wanted, timeout=PATIENCE)
    except RPCError as error:
        if error.status in NO_RIGHT:
            raise NamespaceRefused(NOT_THERE.format(namespace=client.namespace)) from None
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # somebody else's, at this moment
            raise not_yet(error) from None


async def _added(client: Client) -> tuple[str, ...]:
    """Those that were added."""
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    wanted: dict[str, Any] = {key.name: key.indexed_value_type for key in sa.ALL}
    missing: dict[str, Any] = {}
    try:
        there = dict((await client.operator_service.list_search_attributes(asked, timeout=PATIENCE)).custom_attributes)
        missing = {name: kind for name, kind in wanted.items() if name not in there}
        _refuse_another_kind(client.namespace, wanted, there)
        if missing:
            add = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            await client.operator_service.add_search_attributes(add, timeout=PATIENCE)
    except RPCError as error:
        if error.status in NO_RIGHT:
            return await _unless_known(client, missing or wanted)
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotYet("the server is taking it in") from None
        raise not_yet(error) from None
    return tuple(missing)


def _refuse_another_kind(namespace: str, wanted: dict[str, Any], there: dict[str, Any]) -> None:
    wrong = [
        f"{name} is {kind_name(there[name])} and must be {kind_name(kind)}"
        for name, kind in wanted.items()
        if there.get(name, kind) != kind
    ]
    if wrong:
        raise NamespaceRefused(OF_ANOTHER_KIND.format(namespace=namespace, wrong="; ".join(wrong)))


async def _unless_known(client: Client, missing: Iterable[str]) -> tuple[str, ...]:
    """Nothing was added. Where they can be searched by all the same, nothing had to be. Raises NamespaceRefused."""
    try:
        query = " AND ".join(f"{key.name} IS NULL" for key in sa.ALL)
        await client.count_workflows(query, rpc_timeout=PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise not_yet(error) from None
        raise NamespaceRefused(NOT_OURS.format(namespace=client.namespace, missing=with_kinds(missing))) from None
    return ()
