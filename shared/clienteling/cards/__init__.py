"""The cards of clients: how they are stored, projected, selected, paged and shown."""
