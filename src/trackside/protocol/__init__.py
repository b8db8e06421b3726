"""The wire: bytes to events, requests to JSON, HTTP errors to failures. httpx lives only here."""
