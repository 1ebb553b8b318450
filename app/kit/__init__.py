"""The kit: machinery without tables and without product words."""
