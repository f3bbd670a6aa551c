"""The HTTP application: one router a file, errors as problem documents, nothing but health without a credential."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from fastapi import Depends, FastAPI, Response

from intake import calendars, described, events, health, links, metrics, problems
from intake.access import Doorkeeper, needs
from intake.access_log import AccessLog
from intake.credentials import Credentials
from intake.headers import Headers
from intake.metrics import Metrics
from intake.reach import Reach
from intake.reception import Reception
from intake.strangers import Strangers

ROUTERS = (health.router, events.router, links.router, calendars.router, metrics.router)
"""Everything that is served."""

DESCRIPTION = """What happened to looked-after children, from a case system to their journeys.

Send `Authorization: Bearer TOKEN`, or sign the body by the Standard Webhooks scheme. See docs/intake.md.
"""


Part = Callable[[FastAPI], None]
"""What is served beside the intake at the same address, by a room above this one: the desk."""


def create_app(reach: Reach, parts: Sequence[Part] = ()) -> FastAPI:
    """The application over the case record and the Temporal client that it is given."""
    settings = reach.settings.intake
    app = FastAPI(
        title="permanence intake",
        version="1",
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.reach = reach
    app.state.reception = Reception(reach)
    app.state.metrics = Metrics()
    credentials = Credentials(reach.settings.credentials_file)
    strangers = Strangers(settings.failures, settings.failures_in_all, app.state.metrics.turned_away)
    app.state.gate = Doorkeeper(credentials, strangers, settings.rate, settings.body_seconds, settings.max_body)
    app.add_middleware(AccessLog, metrics=app.state.metrics)
    app.add_middleware(Headers)
    problems.add_to(app)
    for router in ROUTERS:
        app.include_router(router)
    _serve_openapi(app)
    for part in parts:
        part(app)
    return app


def _serve_openapi(app: FastAPI) -> None:
    """The description of what is served, for callers who have a credential."""

    @cache
    def rendered() -> bytes:
        """Made once: it takes a tenth of a second."""
        return json.dumps(_described(app)).encode()

    @app.get("/openapi.json", include_in_schema=False, dependencies=[Depends(needs(None))])
    def openapi() -> Response:
        return Response(rendered(), media_type="application/json")


def _described(app: FastAPI) -> dict[str, Any]:
    document = app.openapi()
    components = document.setdefault("components", {})
    components["schemas"] = described.schemas() | components.get("schemas", {})
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "a token of `permanence intake new-credential`",
        },
        "signature": {"type": "apiKey", "in": "header", "name": "webhook-signature"},
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in ("/healthz", "/readyz") else [{"bearer": []}, {"signature": []}]
    return document
