"""What a rule makes of the facts: when something is due, what meets it, and when somebody is told."""
