"""Bodies of the background work of nanos."""
