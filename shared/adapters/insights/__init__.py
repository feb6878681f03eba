"""The insights port on Dynamics 365 Customer Insights, with its secrets from Key Vault."""
