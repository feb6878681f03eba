"""Triggers of imported measures."""
