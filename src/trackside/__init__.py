"""A desktop chat client for TwelveLabs' Jockey."""

__version__ = "0.1.0"
