"""Arrays from wherever the user has them."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_numpy(array: Any) -> np.ndarray:
    """NumPy array of a list, a NumPy array or a torch tensor (on any device, with or without gradient)."""
    if hasattr(array, "detach"):  # a torch tensor; torch itself is never imported
        array = array.detach().cpu()
        if str(array.dtype) == "torch.bfloat16":  # unknown to NumPy
            array = array.float()
    return np.asarray(array)
