"""Real services for tests, started on demand and gone when the test run ends."""
