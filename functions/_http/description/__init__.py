"""The parts of the OpenAPI description."""
