"""A real window, driven the way a hand does: with keys and clicks."""
