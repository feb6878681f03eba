"""Spreading decisions: to everybody who has the contact point, by the events of customers."""
