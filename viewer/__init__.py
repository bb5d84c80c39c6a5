"""See, hear and export FLAME facial animation.

    clip = viewer.Dataset.open("WebTalk")["session_segment"]
    viewer.export(clip, "clip.mp4")
    viewer.figure(clip, "fig.pdf", frames="12,worst", compare={"ours": prediction})
    viewer.show(clip)                                  # in a notebook
    viewer.Clip.from_arrays(exp=…, pose=…, audio=…)    # from NumPy arrays or torch tensors
    viewer.FlameModel.load("generic_model.pkl").vertices(exp=…, shape=…, pose=…)

Names are loaded when they are first used: `import viewer` alone loads next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from viewer._version import VERSION

if TYPE_CHECKING:
    from viewer.api import export, figure, show
    from viewer.clip import Clip
    from viewer.dataset import Dataset
    from viewer.flame import FlameModel

__version__ = VERSION

__all__ = ["Clip", "Dataset", "FlameModel", "__version__", "export", "figure", "show"]

_HOMES = {
    "Clip": "viewer.clip",
    "Dataset": "viewer.dataset",
    "FlameModel": "viewer.flame",
    "export": "viewer.api",
    "figure": "viewer.api",
    "show": "viewer.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'viewer' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
