"""Questions asked of a journey that change nothing: why, what if, and what another policy would make of it."""
