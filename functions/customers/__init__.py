"""Triggers of the customer master."""
