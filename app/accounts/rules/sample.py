"""The sign-in everybody knows: it exists in a demo only."""

EMAIL = "demo@kontor.example"
PASSWORD = "spielen-macht-schule"  # noqa: S105 - printed at the start of a demo
NAME = "Mira Muster"
