import socket
from collections.abc import Iterator

import pytest

from intake.serving import listen
from service.connection import runtime_with_metrics
from service.ports import HOST, NoFreePort, free_port, is_free, own_port
from service.settings import IntakeSettings

pytestmark = pytest.mark.server


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_preferred_port_is_chosen_when_it_is_free() -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]

    assert free_port(port) == port


def test_a_taken_port_is_stepped_around(taken: int) -> None:
    assert not is_free(taken)
    assert free_port(taken) > taken


def test_a_second_port_that_prefers_the_same_number_comes_out_different(taken: int) -> None:
    first = free_port(taken)
    assert free_port(taken, but_not=first) not in {taken, first}


def test_a_port_that_another_program_had_first_is_stepped_around(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.ports.is_free", lambda port: True)  # as it was a moment ago

    _, metrics = runtime_with_metrics(HOST, taken)
    with listen(IntakeSettings(port=taken)) as listener:
        intake = listener.getsockname()[1]

    assert taken < int(metrics.removeprefix(f"{HOST}:"))
    assert taken < intake


def test_metrics_that_can_be_served_nowhere_are_told() -> None:
    with pytest.raises(NoFreePort, match=r"metrics cannot be served at nowhere:\d+: "):
        runtime_with_metrics("nowhere", own_port())


def test_no_free_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.ports.is_free", lambda port: False)

    with pytest.raises(NoFreePort, match="All ports from 7233 to 7432 are taken"):
        free_port(7233)
