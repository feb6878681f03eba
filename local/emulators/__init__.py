"""Microsoft's emulators: their configuration and their containers."""
