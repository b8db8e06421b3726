"""Search and commands: one box for all sessions and for everything that can be done."""
