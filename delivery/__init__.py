"""Telling people: who holds a role, by which channel they are told, and what became of each message."""
