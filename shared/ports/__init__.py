"""What capabilities need from the world, as protocols; contract tests hold every adapter to them."""
