"""Triggers about the app itself."""
