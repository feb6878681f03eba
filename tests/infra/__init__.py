"""What must be in Azure and what must never be, held to the Bicep that would make it."""
