"""The customer master: creation, edits, addresses, contact points, events, search."""
