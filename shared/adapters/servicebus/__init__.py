"""The bus port on Azure Service Bus."""
