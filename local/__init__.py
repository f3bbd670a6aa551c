"""Everything in one process for one machine: a Temporal server of our own, `up`, the demo and rehearsals."""
