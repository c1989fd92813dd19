"""CUDA: grids, landscapes and many members on a graphics card, from the same formulas as everything else.

All that imports numba.cuda lies in this package, and it does so only when a kernel or the reason why there can be none
is asked for.
"""
