"""Links that are sent to a contact point: to confirm an opt-in, and to decide without a login."""
