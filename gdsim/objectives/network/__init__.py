"""Models of data: from a line to a deep network, all of them layers; theta is one flat vector."""
