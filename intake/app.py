"""The HTTP application: one router a file, errors as problem documents."""

from fastapi import FastAPI

from intake import health, problems
from intake.reach import Reach

ROUTERS = (health.router,)
"""Everything that is served."""


def create_app(reach: Reach) -> FastAPI:
    """The application over the case record and the Temporal client that it is given."""
    app = FastAPI(title="permanence intake", docs_url=None, redoc_url=None)
    app.state.reach = reach
    problems.add_to(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
