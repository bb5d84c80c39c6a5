"""Pictures and sound into mp4."""

from viewer.video.export import CAPTIONS_NOTE, FAST_NOTE, ExportSettings, clip_frames, export_clip, render_key
from viewer.video.receipt import Receipt, alterations

__all__ = [
    "CAPTIONS_NOTE",
    "FAST_NOTE",
    "ExportSettings",
    "Receipt",
    "alterations",
    "clip_frames",
    "export_clip",
    "render_key",
]
