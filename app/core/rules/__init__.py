"""Pure decisions of the machinery."""
