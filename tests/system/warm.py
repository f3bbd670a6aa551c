"""Imported before programs are forked off: what each makes ready as it begins, a third of a second, is ready then.

Mail templates are compiled, and the `holidays` library imports the calendars of two hundred countries for ours.
"""

from delivery.writing import Writer
from domain.case.calendar import england_and_wales

Writer().check()
england_and_wales(2026, 2026)
