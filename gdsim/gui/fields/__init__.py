"""Fields in which numbers, points and texts are entered; they know of no panel and no controller."""
