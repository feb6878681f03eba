"""The packages port on Azure Blob Storage."""
