"""Download sessions: what a channel is offered, and how far it has come."""
