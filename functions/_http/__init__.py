"""The HTTP edge: typed operations in, problem documents out, and OpenAPI of both."""
