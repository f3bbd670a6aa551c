"""Measures journeys against a bare minimal workflow on the same server, in one run: `make bench`."""
