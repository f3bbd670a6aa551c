"""`make faults`: a seeded run of the real service that is killed, locked out and cut off, and what came of it."""
