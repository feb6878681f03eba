"""Erasing a customer, step by step, and the certificate that is left."""
