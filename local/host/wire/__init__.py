"""What stands between the socket and the host: its limits, and its own refusals."""
