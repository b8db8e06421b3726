"""What the application does, without any widget: QtCore for its signals, and nothing more of Qt."""
