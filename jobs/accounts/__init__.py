"""Background work of accounts."""
