"""What capabilities need from the world: protocols, which contract tests hold every adapter to."""
