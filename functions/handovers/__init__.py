"""Triggers of bulk moves."""
