"""One window for a data directory: a second start hands over to the first, which comes forward."""
