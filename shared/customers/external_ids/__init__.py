"""Ids of customers in other systems: each names one customer of a company."""
