"""Whether the process lives, and whether it reaches what it needs. Served without a credential."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from intake.reach import Reached

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Ready(BaseModel):
    """Whether what is needed can be reached; of what cannot, why."""

    status: str = Field(examples=["ready", "not ready"])
    problems: dict[str, str] = Field(default_factory=dict, examples=[{}])


@router.get("/healthz", summary="Does the process live?")
async def healthz() -> Alive:
    """Always 200 while the process answers: for restarts, and for a load balancer to route by."""
    return Alive(status="alive")


@router.get(
    "/readyz",
    summary="Are the database and Temporal reachable?",
    responses={HTTPStatus.SERVICE_UNAVAILABLE.value: {"model": Ready, "description": "one of them cannot be reached"}},
)
async def readyz(reach: Reached, response: Response) -> Ready:
    """503 if the case record or Temporal cannot be reached. Events are stored while Temporal is down."""
    problems = await reach.problems()
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    return Ready(status="not ready" if problems else "ready", problems=problems)
