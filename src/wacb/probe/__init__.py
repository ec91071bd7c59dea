"""Check against the real API whether the assumptions about it hold."""
