"""Work of messaging."""
