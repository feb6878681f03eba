"""Offline data exclusion: its dry runs, and what is in packages after a change of it."""
