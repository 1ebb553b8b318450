"""What operators and developers do by hand: prepare, examine, rotate keys, begin a feature."""
