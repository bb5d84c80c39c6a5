"""The FLAME layer: safe model loading, coefficients to vertices, vertex regions and landmarks."""

from viewer.flame.heads import HeadChoice, InstalledHead, choose_head, installed_heads
from viewer.flame.model import FlameModel
from viewer.flame.regions import Landmark, Regions, regions

__all__ = [
    "FlameModel",
    "HeadChoice",
    "InstalledHead",
    "Landmark",
    "Regions",
    "choose_head",
    "installed_heads",
    "regions",
]
