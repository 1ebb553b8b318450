"""The outside world of billing: payment providers."""
