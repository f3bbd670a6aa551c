"""The same form in two tabs of a browser: what is typed in each is a thing of its own."""

import re
from pathlib import Path

from intake.inbox import Inbox
from tests.desk.office import TODAY, office_in

FORM = "/desk/children/N-1/record/person_assigned"


def once_in(html: str) -> str:
    found = re.search(r'name="once" value="(\w+)"', html)
    assert found
    return found[1]


async def test_a_form_opened_beside_its_check_page_records_what_was_typed_in_it_as_well(tmp_path: Path) -> None:
    """Anna checks that Ben is the team manager, and in another tab that Mo is the service manager."""
    async with office_in(tmp_path, f"sqlite:///{tmp_path / 'record.db'}") as office:
        anna, sent = await office.browser("anna"), []
        for role, contact in (("team_manager", "mo"), ("service_manager", "head")):
            typed = {"role": role, "contact": contact, "on": str(TODAY)}
            once = once_in((await anna.get(FORM)).text)
            check = await anna.send_form(FORM, once=once, **typed)
            assert "Check before you record it" in check.text, check.text
            sent.append({**typed, "do": "record", "once": once_in(check.text)})
        for fields in sent:
            assert (await anna.send_form(FORM, **fields)).status_code == 303
        items = Inbox(office.record.engine).items(range(1, 9)).values()
        assert sorted(item.document["role"] for item in items) == ["service_manager", "team_manager"]
