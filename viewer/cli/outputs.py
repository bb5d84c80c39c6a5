"""Writing what was asked for of a clip: a film with a progress bar, pictures, a mesh."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from jaxtyping import Float32
from tqdm import tqdm

from viewer.clip import Clip
from viewer.errors import UsageError, VideoError
from viewer.flame import HeadChoice
from viewer.render import Renderer
from viewer.terminal import printable
from viewer.video import CAPTIONS_NOTE, FAST_NOTE, ExportSettings, Receipt, clip_frames, export_clip
from viewer.video.grid import Layout

MESH_FORMATS = ("obj", "ply", "glb")


def write_film(
    clip: Clip, path: Path, *, head: HeadChoice, settings: ExportSettings, renderer: Renderer, force: bool = False
) -> tuple[str, ...]:
    """Export a clip with a progress bar (on a terminal); returns what the user should know about this film.

    Raises VideoError, besides those of `export_clip`, for a file in the way that the viewer did not make.
    """
    _check_replaceable(path, force=force)
    with _progress(clip) as progress:
        receipt = export_clip(clip, path, head=head, settings=settings, renderer=renderer, progress=progress)
    return _news(receipt, head)


def write_comparison(
    clip: Clip,
    predictions: Sequence[tuple[str, Clip]],
    path: Path,
    *,
    head: HeadChoice,
    settings: ExportSettings,
    heat_top_mm: float,
    layout: Layout,
    renderer: Renderer,
    force: bool = False,
) -> tuple[str, ...]:
    """Export a clip beside predictions of it, as `write_film` does; raises also what `export_comparison` does."""
    from viewer.video.comparison import export_comparison  # which takes regions of heads along

    _check_replaceable(path, force=force)
    with _progress(clip) as progress:
        receipt = export_comparison(
            clip,
            predictions,
            path,
            head=head,
            settings=settings,
            heat_top_mm=heat_top_mm,
            layout=layout,
            renderer=renderer,
            progress=progress,
        )
    remarks = [f"{track.label}: {remark}" for track in receipt.tracks for remark in track.remarks]
    return (*_news(receipt, head), *remarks)


def write_sequence(
    clip: Clip,
    folder: Path,
    *,
    head: HeadChoice,
    settings: ExportSettings,
    alpha: bool,
    renderer: Renderer,
    force: bool = False,
) -> tuple[str, ...]:
    """Export a clip as numbered pictures, with a progress bar; raises what `export_sequence` does."""
    from viewer.video.sequence import export_sequence

    with _progress(clip) as progress:
        receipt = export_sequence(
            clip,
            folder,
            head=head,
            settings=settings,
            alpha=alpha,
            force=force,
            renderer=renderer,
            progress=progress,
        )
    return _news(receipt, head)


def write_frame(
    clip: Clip,
    path: Path,
    *,
    frame: int,
    head: HeadChoice,
    settings: ExportSettings,
    renderer: Renderer,
    alpha: bool = False,
) -> tuple[str, ...]:
    """Write one frame of a clip as the suffix of `path` says: .png, or a mesh in metres; returns what to know of it.

    Raises UsageError for a frame that the clip does not have, RenderError where the file cannot be written.
    """
    from viewer.render.mesh import save_mesh  # trimesh and Pillow take longer to load than a film to start
    from viewer.render.png import save_png

    if not 0 <= frame < len(clip):
        raise UsageError(f"there is no frame {frame}; the clip has frames 0 to {len(clip) - 1}")
    still = clip.frames(frame, frame + 1)
    if path.suffix == ".png":
        (picture,) = clip_frames(still, head=head, settings=settings, renderer=renderer, transparent=alpha)
        save_png(path, picture)
    else:
        save_mesh(path, _vertices(still, head), head.model.faces, colors=head.model.vertex_colors)
    note = clip.held_note(frame)
    return () if note is None else (note,)


def made_by_viewer(path: Path) -> bool:
    """Whether an mp4 carries the receipt of an export."""
    try:
        with av.open(os.fspath(path)) as container:
            receipt = json.loads(container.metadata.get("comment", ""))
    except (FFmpegError, OSError, ValueError):
        return False
    return isinstance(receipt, dict) and "model_hash" in receipt


def _check_replaceable(path: Path, *, force: bool) -> None:
    if not force and path.exists() and not made_by_viewer(path):
        raise VideoError(f"{path} exists and was not made by the viewer; move it away, or use --force")


@contextmanager
def _progress(clip: Clip) -> Iterator[Callable[[int, int], None]]:
    """A progress bar of a clip's frames, and what moves it."""
    with tqdm(total=len(clip), desc=printable(clip.stem)[:30], unit="frame", leave=False, disable=None) as bar:
        yield lambda done, _total: bar.update(done - bar.n)


def _news(receipt: Receipt, head: HeadChoice) -> tuple[str, ...]:
    """What is said of one clip; not what is said once for all, or was asked for."""
    known = (*head.warnings, CAPTIONS_NOTE, FAST_NOTE)
    return tuple(dict.fromkeys([*receipt.flags, *(note for note in receipt.altered if note not in known)]))


def _vertices(still: Clip, head: HeadChoice) -> Float32[np.ndarray, "V 3"]:
    (block,) = head.vertex_blocks(still)
    return block[0]
