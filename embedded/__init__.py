"""A real Temporal server as a child process of ours, for one machine and for tests."""
