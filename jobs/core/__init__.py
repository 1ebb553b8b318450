"""Work of the machinery."""
