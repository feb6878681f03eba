"""docs/cost.md, what a month in Azure costs."""
