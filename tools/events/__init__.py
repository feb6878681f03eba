"""The page of events, made from the models."""
