"""The formula language: text to graph, derivatives, NumPy meaning, generated source, typesetting. No Qt, no Numba."""
