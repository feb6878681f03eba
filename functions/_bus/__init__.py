"""The edge of the bus: typed commands in, traced messages out."""
