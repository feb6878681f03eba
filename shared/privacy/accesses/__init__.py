"""Who looked at which customer, or changed one: kept apart from logs, by ids alone."""
