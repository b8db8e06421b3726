"""Dialogs, opened without waiting for them."""
