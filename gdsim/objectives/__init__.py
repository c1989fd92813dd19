"""What can be minimised."""
