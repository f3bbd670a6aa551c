"""Mutual TLS by temporalio's own settings: workers, intakes and commands show a certificate, and ask for one.

The whole cluster under test runs so, and so every test here; these say what happens to whoever has none, or another's.
"""

import json
from pathlib import Path

import httpx
import pytest

from tests.cluster.conftest import Here, until_listed
from tests.local.programs import quick
from tools.cluster.certificates import Signer, client_settings

pytestmark = [pytest.mark.server]
CLIENT = ("TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH")


def test_an_event_comes_in_over_http_and_its_journey_is_listed_by_a_command(here: Here) -> None:
    """Intake, worker and command each show the certificate of the settings."""
    token = quick(here.home, "intake", "new-credential", "tls-sender", **here.settings).out.strip()
    entry = here.entry("TLS-1")

    for url in here.intakes:
        answer = httpx.post(f"{url}/events", json=entry, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (200, 202), answer.text

    until_listed(here, "TLS-1")
    status = quick(here.home, "status", "TLS-1", "--json", **here.settings)
    assert (status.code, json.loads(status.out)["journey"]["stage"]) == (0, "looked_after")


@pytest.mark.parametrize("wrong", ["none", "another's", "does not trust the server", "another name"])
def test_who_has_no_certificate_of_the_authority_is_refused_in_words(here: Here, tmp_path: Path, wrong: str) -> None:
    others = dict(client_settings(Signer(tmp_path, "other")))
    settings = here.settings
    if wrong == "none":
        settings = {name: value for name, value in settings.items() if name not in CLIENT}
    elif wrong == "another's":
        settings |= {name: others[name] for name in CLIENT}
    elif wrong == "another name":
        settings["TEMPORAL_TLS_SERVER_NAME"] = "temporal.somebody.example"
    else:
        settings["TEMPORAL_TLS_SERVER_CA_CERT_PATH"] = others["TEMPORAL_TLS_SERVER_CA_CERT_PATH"]

    done = quick(here.home, "status", "TLS-1", **settings)

    assert done.code != 0
    assert "TEMPORAL_TLS" in done.err, done.err
