"""What the centre and the right column show."""
