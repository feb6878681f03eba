"""The process and its environment: settings, topology, sessions, metering."""
