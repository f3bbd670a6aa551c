"""The Standard Safeguarding Dataset (SSD), tables that councils fill from their case system: read into events."""
