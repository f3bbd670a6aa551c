"""Durability only: when a journey wakes, what it runs, what it shows."""
