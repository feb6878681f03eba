"""Retention: what is older than a policy allows goes, night by night."""
