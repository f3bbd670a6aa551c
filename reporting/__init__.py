"""The report: figures over many children and a time, each with its definition and its children."""
