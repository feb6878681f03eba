"""Measures of customers: imported values, and values fetched from Customer Insights."""
