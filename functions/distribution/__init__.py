"""Distribution: HTTP operations, and what fills the index, begins runs and builds packages."""
