"""The way in: a key that is tested and kept, a store that is picked, the sandbox's door."""
