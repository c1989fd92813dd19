"""What this machine offers the engine, for `gdsim doctor`."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


def threads() -> dict[str, Any]:
    """Numba's threads and the layer that runs them; a tiny parallel kernel is started to find that out."""

    @numba.njit(parallel=True)  # type: ignore[untyped-decorator]
    def count(values: Any) -> Any:
        for i in numba.prange(len(values)):
            values[i] += 1
        return values

    count(np.zeros(4))
    return {"numba threads": numba.get_num_threads(), "layer": numba.threading_layer()}
