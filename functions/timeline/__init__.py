"""Triggers of activities, notes and the timeline."""
