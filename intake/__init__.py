"""Events from outside: HTTP, files of a case system, returns. Checked, kept in the inbox, routed to journeys."""
