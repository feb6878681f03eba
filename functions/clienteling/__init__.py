"""Triggers of client books."""
