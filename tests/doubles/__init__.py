"""Servers of our own that speak the protocols of Azure services, for tests."""
