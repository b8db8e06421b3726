"""A session as a document: one function a format, from values to text."""
