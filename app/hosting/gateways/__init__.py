"""The outside world of hosting: runtimes, Server List Ping, RCON; each behind a Protocol or a plain function."""
