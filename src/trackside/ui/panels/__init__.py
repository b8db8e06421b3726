"""The inspector: instructions, schema, sources, request."""
