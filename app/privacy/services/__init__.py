"""Use cases of privacy."""
