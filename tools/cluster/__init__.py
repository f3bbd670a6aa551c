"""A real cluster on this machine: PostgreSQL, Temporal's services, workers and intakes, each a process."""
