"""The same work on Temporal, on DBOS and on a poller of PostgreSQL's rows, measured in one run (`make peers`).

The work is the least that a child's journey asks of an engine: it begins and takes a step, is parked for months, takes
a step for each event that comes in, and takes one when it is due. What a step does is the same everywhere: it adds a
row to a table of PostgreSQL, and by these rows each engine is judged: how many a second, how late, lost, doubled.
"""
