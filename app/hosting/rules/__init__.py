"""Pure decisions of hosting: data and the time are passed in."""
