"""Pages of the ground: health, style guide, audit, search."""
