"""Reconciling: what a source says of its children beside what runs and is known here."""
