"""The command `permanence`: a thin face over the rules (offline) and over the service."""
