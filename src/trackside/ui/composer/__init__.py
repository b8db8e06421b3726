"""Where questions are written."""
