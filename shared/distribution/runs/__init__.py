"""Jobs and their runs: when they are due, how a run begins, and how it ends."""
