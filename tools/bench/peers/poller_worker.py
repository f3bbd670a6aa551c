"""A poller: journeys and events are rows, and a loop takes what is due, a hundred at a time.

What it writes and that it has written it are one transaction, so a kill neither loses nor doubles a step. What it has
not: a history, an order of steps within a journey that code can read, or a second kind of step without a second loop.
"""

import time

import psycopg

from tools.bench.peers.work import FAR, READY, STEPS, database

TABLES = (
    STEPS,
    "CREATE TABLE IF NOT EXISTS journeys (id text PRIMARY KEY, due double precision NOT NULL, what text NOT NULL)",
    "CREATE INDEX IF NOT EXISTS journeys_due ON journeys (due)",
    "CREATE TABLE IF NOT EXISTS events (id bigserial PRIMARY KEY, journey text, what text, due double precision)",
)
POLL = 0.1
"""Seconds between two looks where the last brought nothing (ours: as DBOS's)."""

DUE = """
WITH ready AS (
    SELECT id, what FROM journeys WHERE due <= extract(epoch FROM clock_timestamp())
    ORDER BY due LIMIT 100 FOR UPDATE SKIP LOCKED
), later AS (
    UPDATE journeys SET due = extract(epoch FROM clock_timestamp()) + %s, what = 'due'
    FROM ready WHERE journeys.id = ready.id
)
INSERT INTO steps (journey, what) SELECT id, what FROM ready
"""
EVENTS = """
WITH taken AS (
    DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
    RETURNING journey, what, due
), sooner AS (
    UPDATE journeys SET due = taken.due FROM taken WHERE journeys.id = taken.journey AND taken.due IS NOT NULL
)
INSERT INTO steps (journey, what) SELECT journey, what FROM taken
"""


def main() -> None:
    with psycopg.connect(database(), autocommit=True) as connection:
        for statement in TABLES:
            connection.execute(statement)
        print(READY.decode(), flush=True)
        while True:
            taken = connection.execute(EVENTS).rowcount + connection.execute(DUE, (FAR,)).rowcount
            if not taken:
                time.sleep(POLL)


if __name__ == "__main__":
    main()
