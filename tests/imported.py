"""What each process of a run would import, imported once: in the one that workers and programs are forked off.

Nothing is among it that pytest rewrites as it imports it.
"""

import gc
import warnings
from importlib import import_module

from tests.shipped import shipped

OTHERS = (
    *("alembic.command", "hypothesis", "oidc_provider_mock", "playwright.async_api", "pytest_asyncio", "xdist"),
    *("tests.record.programs", "tests.system.forked", "tests.system.warm"),
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # who uses what is deprecated is told so elsewhere
    for each in (*shipped(), *OTHERS):
        import_module(each)
gc.freeze()
