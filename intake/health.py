"""Whether the process lives, and whether what it needs is there. Served without a credential, to HEAD too."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from intake.reach import Reached

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Ready(BaseModel):
    """Whether what is needed can be used; of what cannot, why."""

    status: str = Field(examples=["ready", "not ready"])
    problems: dict[str, str] = Field(default_factory=dict, examples=[{}])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Does the process live?")
async def healthz() -> Alive:
    """Always 200 while the process answers: for restarts, and for a load balancer to route by."""
    return Alive(status="alive")


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    summary="Can events be stored and journeys be told?",
    responses={HTTPStatus.SERVICE_UNAVAILABLE.value: {"model": Ready, "description": "something is not there"}},
)
async def readyz(reach: Reached, response: Response) -> Ready:
    """503 if the case record cannot be written, Temporal does not answer, or no worker asks it for work.

    Events are stored while Temporal or the worker is down. An answer may be a second old.
    """
    problems = await reach.readiness.problems()
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    return Ready(status="not ready" if problems else "ready", problems=problems)
