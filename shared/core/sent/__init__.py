"""What callers send, read as strictly as the contract says."""
