"""What the machinery writes."""
