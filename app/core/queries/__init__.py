"""Reads of the machinery."""
