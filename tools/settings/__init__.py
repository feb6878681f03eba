"""docs/settings.md, the table of every environment variable."""
