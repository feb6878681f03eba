"""Triggers of synchronization."""
