"""A small authority's directory, as the tests know it."""

from delivery.directory import Directory, read_directory

OFFICE = """
fallback = "duty-desk"

[roles]
cla_strategic_lead = "l-lead"
adoption_service = "adoption-team"
iro = ["i-first", "i-second"]

[people.s-worker]
name = "Sam Worker"
email = ["s.worker@example.org", "sam@example.net"]

[people.a-patel]
email = "a.patel@example.org"

[people.b-osei]
email = "b.osei@example.org"
reminders = "daily"

[people.i-first]
email = "i.first@example.org"
left = 2026-01-10

[people.i-second]
email = "i.second@example.org"

[people.l-lead]
email = "l.lead@example.org"

[people.m-north]
email = "m.north@example.org"

[teams.duty-desk]
email = "duty@example.org"

[teams.adoption-team]
members = ["a-patel", "b-osei"]

[teams.north]
name = "North Team"
members = "m-north"
roles.team_manager = "m-north"
"""


def office(more: str = "") -> Directory:
    """The office, and more."""
    return read_directory(OFFICE + more)
