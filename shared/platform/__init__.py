"""The process and its surroundings: settings, topology, deadlines, sessions, metering."""
