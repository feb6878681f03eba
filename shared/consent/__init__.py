"""Decisions about contact points. They are written in the customer's commit."""
