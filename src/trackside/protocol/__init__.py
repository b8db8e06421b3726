"""The wire: bytes to events, requests to JSON, HTTP errors to failures. httpx lives only here."""

import sys

# Where click, rich and pygments happen to be installed, `import httpx` brings its command line along: 10 MB
# and 40 ms that nobody here needs. It goes without when the import fails.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
