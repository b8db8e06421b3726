"""How the sandbox answers: it searches captions and quotes them. No network, no HTTP, no model."""
