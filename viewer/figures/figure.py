"""Frames of a clip and of predictions of it, drawn and put on one page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from viewer import heat, looks
from viewer._version import VERSION
from viewer.clip import Clip
from viewer.compare import measure
from viewer.errors import UsageError, VideoError
from viewer.figures.moments import Moment, Moments
from viewer.figures.page import Page, Row
from viewer.figures.settings import FigureSettings
from viewer.flame import HeadChoice
from viewer.paths import user_path
from viewer.render import Painted, Renderer, shared_renderer
from viewer.video.receipt import ComparedTrack, alterations
from viewer.video.tracks import Tracks

SUFFIXES = (".png", ".pdf")
_NARROWEST_SHARE, _MARGIN = 0.3, 0.04


@dataclass(frozen=True)
class FigureReceipt:
    """What a figure was made from; kept inside it."""

    stem: str
    content_hash: str
    frames: tuple[Moment, ...]
    fps: float
    model_version: str
    model_hash: str
    look: str
    camera: str
    size: tuple[int, int]
    """Width and height in pixels."""
    dpi: int
    altered: tuple[str, ...]
    notes: tuple[str, ...]
    """What the user should know: estimated words, frames without data, how predictions were brought onto frames."""
    gl_renderer: str
    tracks: tuple[ComparedTrack, ...] = ()
    heat_top_mm: float | None = None
    version: str = VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def make_figure(
    clip: Clip,
    path: str | Path,
    *,
    frames: str,
    predictions: Sequence[tuple[str, Clip]] = (),
    head: HeadChoice,
    settings: FigureSettings | None = None,
    force: bool = False,
    renderer: Renderer | None = None,
) -> FigureReceipt:
    """Draw some frames of a clip side by side into a PNG or PDF with a transparent background.

    A column for each of `frames` (as `Moments.find` reads them), with its time and word; a row for the clip; with
    predictions, which are (label, clip), one for each of them, then one for each one's error, with a scale in mm.
    Pictures show tracks as they are; errors leave out head pose and identity.

    Nothing is at `path` before the figure is complete. A file that the viewer did not make is replaced only with
    `force`. Raises UsageError, CompareError, ClipError, RenderError, and VideoError for a file that cannot be written.
    """
    settings = settings or FigureSettings()
    path = user_path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path.name!r} is neither a .png nor a .pdf; choose one of these endings")
    if not force and path.exists() and not made_by_viewer(path):
        raise VideoError(f"{path} exists and was not made by the viewer; move it away, or use --force")
    renderer = renderer or shared_renderer()
    head.check(clip)
    tracks = Tracks(clip, predictions, head=head) if predictions else None
    moments = Moments(clip, worst=None if tracks is None else lambda: worst_frame(tracks))
    chosen = moments.find(frames)
    at = [moment.frame for moment in chosen]
    cells = _cells(clip, tracks, at, head, settings.heat_top_mm)
    page = Page(_rows(tracks), chosen, fps=clip.fps, settings=settings, tall=1 / _share_of_width(cells, head, settings))
    pictures = [_draw(row, page.tile, head, settings, renderer) for row in cells]
    remarks = [] if tracks is None else [f"{t.label}: {text}" for t in tracks.tracks for text in t.pair.remarks]
    receipt = FigureReceipt(
        stem=clip.stem,
        content_hash=clip.content_hash,
        frames=chosen,
        fps=clip.fps,
        model_version=head.model.version,
        model_hash=head.model.hash,
        look=settings.look,
        camera=settings.camera,
        size=page.size,
        dpi=settings.dpi,
        altered=alterations(clip, head, sound=False),
        notes=tuple(dict.fromkeys([*moments.notes, *_gaps(page, pictures, at), *remarks])),
        gl_renderer=renderer.info.renderer,
        tracks=() if tracks is None else tuple(track.facts() for track in tracks.tracks),
        heat_top_mm=None if tracks is None else settings.heat_top_mm,
    )
    page.save(path, pictures, title=clip.stem, receipt=receipt.to_json())
    return receipt


def worst_frame(tracks: Tracks) -> int:
    """The frame in which the lips of any prediction are furthest off; the face, where no lips are known."""
    measured = [measure(track.pair, tracks.faces) for track in tracks.tracks]
    name = next(name for name in ("lip_error", "face_error") if name in measured[0].curves)
    curves = [np.nan_to_num(each.curves[name], nan=-1.0) for each in measured]
    worst = max(curves, key=lambda curve: float(curve.max()))
    return int(worst.argmax())


def made_by_viewer(path: Path) -> bool:
    """Whether a file is a figure of this program."""
    try:
        if path.suffix.lower() == ".pdf":
            return b"(flame-viewer " in path.read_bytes()
        with Image.open(path) as picture:
            receipt = json.loads(picture.info.get("Comment", ""))
    except (OSError, ValueError, SyntaxError):
        return False
    return isinstance(receipt, dict) and "model_hash" in receipt


def _rows(tracks: Tracks | None) -> list[Row]:
    if tracks is None:
        return [Row("")]
    labels = [track.label for track in tracks.tracks]
    errors = ["Error"] if len(labels) == 1 else [f"Error: {label}" for label in labels]
    return [Row("Reference"), *map(Row, labels), *(Row(label, is_error=True) for label in errors)]


def _gaps(page: Page, pictures: Sequence[Sequence[object | None]], frames: Sequence[int]) -> list[str]:
    """Which pictures are missing."""
    return [
        f"{row.label or 'the clip'} has no data at frame {frame}"
        for row, of_row in zip(page.rows, pictures, strict=True)
        for frame, picture in zip(frames, of_row, strict=True)
        if picture is None and not row.is_error
    ]


Cell = Float32[np.ndarray, "1 V 3"] | Painted | None
"""What is drawn in one place; None where there is no data."""


def _cells(
    clip: Clip, tracks: Tracks | None, frames: Sequence[int], head: HeadChoice, top_mm: float
) -> list[list[Cell]]:
    """Rows: the clip, then predictions, then errors."""
    clips = [clip] if tracks is None else [clip, *(track.pair.prediction for track in tracks.tracks)]
    rows: list[list[Cell]] = [[_vertices(each, frame, head) for frame in frames] for each in clips]
    if tracks is not None:
        for track in tracks.tracks:
            errors = tracks.faces.errors_mm(track.pair)
            shown = zip(rows[0], frames, strict=True)
            rows.append([_painted(vertices, errors[frame : frame + 1], top_mm) for vertices, frame in shown])
    return rows


def _vertices(clip: Clip, frame: int, head: HeadChoice) -> Float32[np.ndarray, "1 V 3"] | None:
    if frame >= len(clip) or clip.bad_frames[frame]:
        return None
    (block,) = head.vertex_blocks(clip.frames(frame, frame + 1))
    return block


def _painted(vertices: Any, errors_mm: Float32[np.ndarray, "n V"], top_mm: float) -> Painted | None:
    if vertices is None or not len(errors_mm) or np.isnan(errors_mm).any():
        return None
    return Painted(vertices, heat.colors(errors_mm, top_mm))


def _share_of_width(cells: Sequence[Sequence[Cell]], head: HeadChoice, settings: FigureSettings) -> float:
    """How much of a square picture's width is enough for all heads of a figure: the rest is cut off at both sides."""
    framing = looks.frame_head(head.model.v_template)
    matrices = looks.projection_matrix(framing, 1.0), looks.view_matrix(looks.camera(settings.camera), framing, 1.0)
    T_clip_world = np.array(matrices[0]) @ np.array(matrices[1])
    widest = _NARROWEST_SHARE
    for cell in (cell for row in cells for cell in row if cell is not None and not isinstance(cell, Painted)):
        x, w = (cell[0] @ T_clip_world[[0, 3], :3].T + T_clip_world[[0, 3], 3]).T
        widest = max(widest, float(np.abs(x / w).max()) + _MARGIN)
    return min(widest, 1.0)


def _draw(
    cells: Sequence[Cell], tile: tuple[int, int], head: HeadChoice, settings: FigureSettings, renderer: Renderer
) -> list[UInt8[np.ndarray, "h w 4"] | None]:
    """Pictures of one row."""
    model, look = head.model, looks.look(settings.look)
    known = [cell for cell in cells if cell is not None]
    width, height = tile
    drawn = renderer.frames(
        known,
        faces=model.faces,
        v_template=model.v_template,
        colors=model.vertex_colors,
        look=looks.legible(look) if known and isinstance(known[0], Painted) else look,
        camera=settings.camera,
        size=height,
        transparent=True,
    )
    left = (height - width) // 2
    return [None if cell is None else next(drawn)[:, left : left + width] for cell in cells]
