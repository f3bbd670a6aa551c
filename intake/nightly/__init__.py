"""The night: the configured source is read, and what it says now is brought to the journeys, or only proposed."""
