"""What is stored about a customer: how capabilities say so, and what customers themselves store."""
