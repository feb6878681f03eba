"""Consent: HTTP operations, and what follows the events of customers."""
