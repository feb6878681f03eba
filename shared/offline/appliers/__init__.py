"""How each type of offline operation is applied."""
