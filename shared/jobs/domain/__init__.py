"""The rules of jobs: pure, no I/O."""
