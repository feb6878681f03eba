"""Tokens of Microsoft Entra ID: their keys, their claims, and who they are of."""
