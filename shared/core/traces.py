"""Traces of errors for the log, which must not name a person."""

import traceback


def trace_of(exc: Exception) -> str:
    """Return where it was raised, and its type: what it says may name a person."""
    lines = traceback.format_tb(exc.__traceback__)
    return "".join(lines) + type(exc).__name__
