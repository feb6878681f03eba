"""What uploads store about a customer."""
