"""Journeys lived through by the real workflow on a server whose time is skipped: rehearsals and the demo."""
