"""`viewer.export`, `viewer.figure` and `viewer.show`: one call each, for scripts and notebooks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from viewer import heat, looks
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.figures import FigureReceipt, FigureSettings, make_figure
from viewer.flame import choose_head
from viewer.paths import user_path
from viewer.render import shared_renderer
from viewer.video import ExportSettings, Receipt, export_clip
from viewer.video.comparison import export_comparison

Gl = int | str
"""Which OpenGL device renders: "auto", "software", or the number of a device as `python -m viewer info` lists them."""


def export(
    clip: Clip | str,
    path: str | Path,
    *,
    data: str | Path | None = None,
    model: str | Path = "auto",
    flame_layer: str = "numpy",
    gl: Gl = "auto",
    look: str = looks.DEFAULT_LOOK,
    camera: str = looks.DEFAULT_CAMERA,
    size: int | tuple[int, int] = looks.DEFAULT_SIZE,
    crf: int = 20,
    captions: bool = False,
    background: Sequence[int] | None = None,
    compare: Mapping[str, Clip] | None = None,
    heat_top: float = heat.TOP_MM,
    hold: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Receipt:
    """Write a clip as an mp4 with its sound; returns what it was made from.

    clip: a Clip, or a stem in the data set `data` (by default the demo data); model: a FLAME file, or "auto" for the
    installed head that matches the clip; size: pixels, a side or (width, height), even; background: sRGB, three numbers
    0..255; crf: 0 is lossless, 51 the smallest file; compare: predictions by label, shown beside the clip with their
    errors, `size` is then that of each picture, and colours end at `heat_top` mm; hold: shows each frame so many times,
    without sound; progress: called with (frames done, frames in all).

    Raises a ViewerError: ClipError, CompareError, DatasetError, ModelFileError, RenderError, VideoError or UsageError.
    """
    clip = _clip(clip, data)
    target = user_path(path)
    settings = ExportSettings(
        look=look,
        camera=camera,
        size=looks.picture_size(size),
        crf=crf,
        captions=captions,
        background=None if background is None else looks.rgb(background),
        hold=hold,
    )
    head = choose_head(model, expression_space=clip.expression_space, layer=flame_layer)
    renderer = shared_renderer(gl)
    if compare is None:
        return export_clip(clip, target, head=head, settings=settings, renderer=renderer, progress=progress)
    return export_comparison(
        clip,
        list(compare.items()),
        target,
        head=head,
        settings=settings,
        heat_top_mm=heat_top,
        renderer=renderer,
        progress=progress,
    )


def figure(
    clip: Clip | str,
    path: str | Path,
    *,
    frames: str | Iterable[int],
    compare: Mapping[str, Clip] | None = None,
    data: str | Path | None = None,
    model: str | Path = "auto",
    flame_layer: str = "numpy",
    gl: Gl = "auto",
    force: bool = False,
    **settings: Any,
) -> FigureReceipt:
    """Some frames of a clip, and of predictions of it, as a PNG or PDF for a paper; returns what it was made from.

    frames: such as "12,40,word:people,worst", or numbers; compare: predictions by label; force: replaces a file that
    the viewer did not make; settings: look, camera, width, dpi, font_points, ink, heat_top_mm as in
    `viewer.figures.FigureSettings`; the rest as for `export`.

    Raises a ViewerError, as `export`.
    """
    clip = _clip(clip, data)
    known = [each.name for each in fields(FigureSettings)]
    if unknown := [name for name in settings if name not in known]:
        raise UsageError(f"figure has no setting {', '.join(unknown)}; expected {', '.join(known)}")
    return make_figure(
        clip,
        path,
        frames=frames if isinstance(frames, str) else ",".join(map(str, frames)),
        predictions=list((compare or {}).items()),
        head=choose_head(model, expression_space=clip.expression_space, layer=flame_layer),
        settings=FigureSettings(**settings),
        force=force,
        renderer=shared_renderer(gl),
    )


def show(clip: Clip | str, **options: Any) -> Any:
    """The clip as a video in a notebook: an IPython.display.Video that holds the mp4. Options are those of `export`.

    Raises UsageError where IPython is not installed, otherwise as `export`.
    """
    try:
        from IPython.display import Video
    except ImportError:
        raise UsageError(
            "viewer.show needs a notebook (IPython is not installed): pip install jupyterlab, or use viewer.export"
        ) from None
    with tempfile.TemporaryDirectory(prefix="flame-viewer-") as folder:
        path = Path(folder) / "clip.mp4"
        receipt = export(clip, path, **options)
        width, height = receipt.size
        return Video(data=path.read_bytes(), embed=True, mimetype="video/mp4", width=width, height=height)


def _clip(clip: Clip | str, data: str | Path | None) -> Clip:
    if isinstance(clip, str):
        return (Dataset.demo() if data is None else Dataset.open(data))[clip]
    if not isinstance(clip, Clip):
        raise UsageError(f"{clip!r:.200} is no clip; expected a Clip or a stem")
    if data is not None:
        raise UsageError("data names the data set of a stem; a Clip needs none")
    return clip
