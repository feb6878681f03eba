"""The settings that customers name: noted as used before a customer is written."""
