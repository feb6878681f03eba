"""A Functions host for one machine: the app's own triggers, with the real host's manners."""
