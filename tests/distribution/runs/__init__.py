"""Tests of distribution jobs and their runs."""
