"""What every method's training shares."""
