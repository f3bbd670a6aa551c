"""The case record: what happened and what was told, kept in SQL for longer than the engine keeps a journey."""
