"""The outside of accounts: the password hash, and the counter of tries."""
