"""Curvature, stability and the explanation of a step."""
