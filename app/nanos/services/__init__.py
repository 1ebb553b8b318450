"""Writing nanos: each function is one unit of work."""
