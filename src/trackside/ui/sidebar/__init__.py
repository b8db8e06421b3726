"""The list of sessions, and the way to a new one."""
