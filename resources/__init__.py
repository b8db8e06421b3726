"""Icons and the sample store, read with importlib.resources."""
