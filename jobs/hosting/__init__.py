"""Work of hosting."""
