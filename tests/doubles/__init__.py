"""Servers for tests that speak the protocols of Azure services."""
