"""Telling people: who holds a role, by which channel they are told, and what became of each message.

    outbox row ──> people: who holds the role now ──> message, written from templates ──> channel ──> ledger

The queue is the outbox (delivery/outbox.py), the ledger is delivery/ledger.py, and the process that drains the one into
the other is activities/delivery.py. How it all fits: docs/delivery.md.
"""
