"""Errors as problem documents (RFC 9457): a title, what is wrong, and what would be accepted."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from domain.visible import visible
from intake.headers import ALWAYS
from record.failures import RecordUnavailable

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
"""When to try again where the database is down (ours: it comes back within seconds or needs a person)."""


class Problem(BaseModel):
    """Why a request was not done. Nothing of it was taken."""

    model_config = ConfigDict(extra="allow")

    title: str = Field(examples=["Unauthorized"])
    status: int = Field(examples=[401])
    detail: str = Field(description="what is wrong, and what would be accepted", examples=["no credential was given"])


class RequestRefused(HTTPException):
    """A request that is not done, with the reason in words that hold nothing personal."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(int(status), detail, dict(headers or {}))


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=visible(detail))
    return JSONResponse(body.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def described(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors that a route answers with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status.value: {"description": status.phrase, "model": Problem, "content": content} for status in statuses}


def add_to(app: FastAPI) -> None:
    """Have every error of an application answered as a problem."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(RecordUnavailable, _record_unavailable)
    app.add_exception_handler(Exception, _unexpected)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, error.headers)


def _malformed(_request: Request, error: Exception) -> Response:
    """What the framework found wrong with parameters, by their names and never their values."""
    assert isinstance(error, RequestValidationError)
    problems = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(problems))


def _record_unavailable(_request: Request, error: Exception) -> Response:
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"nothing was taken: {error}", headers)


def _unexpected(_request: Request, _error: Exception) -> Response:
    """The framework logs the traceback; an error's own text may hold what nobody may read."""
    said = "nothing was answered: an error of ours; the log tells more"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, said, ALWAYS)  # this one goes out past intake/headers.py
