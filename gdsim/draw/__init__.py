"""Paints what is shown, as scenes and items: no windows, no widgets."""
