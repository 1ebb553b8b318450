"""Bodies of billing's background work."""
