"""What the running service needs around the rules: settings, the Temporal client, logs."""
