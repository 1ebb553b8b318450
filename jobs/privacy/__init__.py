"""Work of privacy."""
