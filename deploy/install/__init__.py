"""Makes a machine able to run Kontor. Standard library only: it runs before anything is installed."""
