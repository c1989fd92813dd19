"""What the left column holds."""
