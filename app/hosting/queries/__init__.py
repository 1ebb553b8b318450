"""Reads of hosting, starting from the actor."""
