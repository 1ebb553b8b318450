"""Bodies of background work: a few lines each, one service call."""
