"""Use cases of billing: everything that writes."""
