"""Routes: what the Functions host reads, matches, and in which order."""
