"""Triggers of configuration."""
