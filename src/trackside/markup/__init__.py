"""An answer's Markdown as values to draw: blocks that close for good while the text grows, and their runs."""
