"""SSDA903, the yearly return of children looked after in England: its tables into events, and what is doubtful."""
