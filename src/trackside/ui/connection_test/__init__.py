"""A connection test on the screen: its steps as they come, and what mends the one that failed."""
