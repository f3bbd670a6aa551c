"""Channels: each takes a written message to an address, and says what became of it in a class that decides."""
