"""The sandbox's HTTP endpoints, one module a family."""
