"""Client books, their memberships and the cards of clients."""
