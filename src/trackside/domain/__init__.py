"""Pure values and pure functions: what Trackside talks about, with the standard library alone."""
