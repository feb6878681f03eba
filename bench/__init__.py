"""Benchmarks of a running host: one JSON line per operation."""
