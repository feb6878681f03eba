"""Dry runs of offline data exclusion: what a change would take from channels."""
