"""Requests: what stands before the functions of HTTP triggers, and `/admin`."""
