"""The whole system on one machine, with nothing else installed. Never deployed."""
