"""Imported before programs are forked off: what each makes ready as it begins is ready then.

The `holidays` library imports the calendars of 250 countries for ours (0.13 s of processor), and mail templates
are compiled (0.03 s).
"""

from delivery.writing import Writer
from domain.case.calendar import england_and_wales

Writer().check()
england_and_wales(2026, 2026)
