"""Synchronization: the outbox, account numbers for pending customers, traces, dead letters."""
