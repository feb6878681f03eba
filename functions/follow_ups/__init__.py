"""Triggers of follow-ups."""
