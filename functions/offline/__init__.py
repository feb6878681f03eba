"""Triggers of offline uploads."""
