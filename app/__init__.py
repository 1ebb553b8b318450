"""Kontor: one platform a regional operator runs for its customers."""
