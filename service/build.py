"""Which build of this program a worker is, as Temporal shows it: a hash of our own code.

The SDK's own default hashes the code of every module loaded, which takes seconds of a worker's start.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

ROOT: Final = Path(__file__).parents[1]
ROOMS: Final = (
    "activities",
    "delivery",
    "domain",
    "intake",
    "journeys",
    "record",
    "reporting",
    "service",
    "worker.py",
    "workflows",
)
"""What runs in a worker: the worker and every room that it imports (a test holds it to that)."""


@cache
def build_id() -> str:
    """The same for the same code, wherever it runs."""
    digest = hashlib.sha256()
    for room in ROOMS:
        place = ROOT / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


DEPLOYMENT: Final = "permanence"
"""What Temporal calls all releases of this program together."""
BY_CODE: Final = "code"
"""The setting by which a release is called as its own code is hashed."""


def release_of(named: str | None) -> WorkerDeploymentConfig | None:
    """Which release a worker is, by the setting `build_id`; none where that is absent.

    A run stays with the release it began on, unless its workflow says otherwise (workflows/released.py).
    """
    if named is None:
        return None
    return WorkerDeploymentConfig(
        WorkerDeploymentVersion(DEPLOYMENT, build_id() if named == BY_CODE else named),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
