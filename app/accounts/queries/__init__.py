"""What accounts reads."""
