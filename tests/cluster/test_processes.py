"""What `make cluster` runs, and that each part of it is used."""

import psutil

from tests.cluster.conftest import Here
from tools.cluster.engine import ROLES


def test_each_service_is_a_process_of_its_own_beside_three_workers_and_two_intakes(here: Here) -> None:
    processes = here.processes()

    ours = [*(f"worker-{number}" for number in (1, 2, 3)), "intake-1", "intake-2"]
    assert list(processes) == ["postgresql", *ROLES, *ours]
    assert len({pid for pid, _ in processes.values()}) == len(processes)
    for name in ROLES:
        words = psutil.Process(processes[name][0]).cmdline()
        assert words[0].endswith("temporal-server"), words
