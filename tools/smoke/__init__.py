"""Twenty questions to a deployed app, in a minute, that leave nothing behind."""
