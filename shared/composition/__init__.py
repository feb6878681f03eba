"""The only package that knows all capabilities and all adapters, and connects them."""
