"""The only place that knows all capabilities and all adapters, and connects them."""
