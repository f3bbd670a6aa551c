"""Synthetic children: made up from the procedures' own rules and seeded chance, copied from nobody."""
