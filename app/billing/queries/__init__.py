"""Reads of billing: frozen rows out, never models."""
