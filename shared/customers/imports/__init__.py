"""Bulk imports of customers."""
