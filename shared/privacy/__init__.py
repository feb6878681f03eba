"""Privacy: what is stored about a customer, exported, restricted, and erased with a certificate."""
