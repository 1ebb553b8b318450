"""What nanos decides without looking anything up."""
