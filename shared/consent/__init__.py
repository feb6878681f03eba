"""Consent: one decision per contact point and purpose, a ledger that proves it, and who may ask."""
