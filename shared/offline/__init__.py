"""Uploads of what channels did offline, applied once and in order."""
