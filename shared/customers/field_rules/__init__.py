"""Which fields of a customer a role may set, and may see."""
