"""A clip and predictions of it, with their errors, in one mp4."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from viewer import heat, looks
from viewer.clip import Clip
from viewer.flame import HeadChoice
from viewer.render import Painted, Renderer, shared_renderer
from viewer.speech import align_apart
from viewer.video.captions import SpokenLines
from viewer.video.export import ExportSettings, clip_receipt, encode_film
from viewer.video.grid import Layout, Page, pens
from viewer.video.receipt import Receipt
from viewer.video.tracks import Tracks

_PICTURES_AT_ONCE = 16


def export_comparison(
    reference: Clip,
    predictions: Sequence[tuple[str, Clip]],
    path: str | Path,
    *,
    head: HeadChoice,
    settings: ExportSettings | None = None,
    heat_top_mm: float = heat.TOP_MM,
    layout: Layout = "auto",
    renderer: Renderer | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Receipt:
    """Write reference, predictions and heat maps of their errors beside each other, with the reference's sound.

    The film lasts as long as the reference. Pictures show tracks as they are; errors leave out head pose and identity.
    predictions: with the labels that stand above them, in order; settings.size: of one picture; heat_top_mm: where the
    scale of errors ends.

    Raises CompareError for what cannot be compared, UsageError for a page too large, otherwise as `export_clip`.
    """
    settings = settings or ExportSettings()
    renderer = renderer or shared_renderer()
    heat.steps(np.zeros(0), heat_top_mm)  # a scale that is none is told before anything is done
    tracks = Tracks(reference, predictions, head=head)
    look = looks.look(settings.look)
    page = Page(
        labels=[track.label for track in tracks.tracks],
        remarks=[" ".join(track.pair.remarks) for track in tracks.tracks],
        cell=settings.size,
        background=settings.background or look.background,
        stem=reference.stem,
        n_frames=len(reference),
        fps=reference.fps,
        layout=layout,
        top_mm=heat_top_mm,
        words=_spoken(reference, settings, len(predictions)) if settings.captions else None,
        aside=settings.aside,
    )
    receipt = replace(
        clip_receipt(reference, head=head, settings=settings, renderer=renderer),
        size=page.size,
        tracks=tuple(track.facts() for track in tracks.tracks),
        heat_top_mm=heat_top_mm,
    )
    encode_film(
        _pages(tracks, page, settings, heat_top_mm, renderer),
        path,
        clip=reference,
        receipt=receipt,
        settings=settings,
        renderer=renderer,
        progress=progress,
        cancelled=cancelled,
    )
    return receipt


def _spoken(reference: Clip, settings: ExportSettings, n_predictions: int) -> SpokenLines:
    title, _ = pens(settings.size)
    return SpokenLines(align_apart(reference).words, title, (1 + n_predictions) * settings.size[0] * 0.9)


def _pages(
    tracks: Tracks, page: Page, settings: ExportSettings, heat_top_mm: float, renderer: Renderer
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    n = len(tracks.tracks)
    largest: deque[list[float]] = deque()
    pictures = _draw(_plain(tracks), tracks, settings, settings.look, renderer)
    legible = looks.legible(looks.look(settings.look))
    heats = _draw(_painted(tracks, heat_top_mm, largest), tracks, settings, legible, renderer)
    for frame in range(len(tracks.reference)):
        yield page.draw(
            frame,
            list(islice(pictures, 1 + n)),
            list(islice(heats, n)),
            largest_mm=largest.popleft(),
            notes=[tracks.reference.held_note(frame), *(track.note(frame) for track in tracks.tracks)],
        )


def _draw(
    blocks: Iterator[Any], tracks: Tracks, settings: ExportSettings, look: str | looks.Look, renderer: Renderer
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    model = tracks.head.model
    return renderer.frames(
        blocks,
        faces=model.faces,
        v_template=model.v_template,
        colors=model.vertex_colors,
        look=look,
        camera=settings.camera,
        size=settings.size,
        background=settings.background,
        smooth=not settings.fast,
    )


def _plain(tracks: Tracks) -> Iterator[np.ndarray]:
    """Vertices of the first frame of all tracks, then those of the second one, …; some frames in a block."""
    frames = tracks.vertices()
    at_once = max(_PICTURES_AT_ONCE // (1 + len(tracks.tracks)), 1)
    while some := list(islice(frames, at_once)):
        yield np.concatenate([np.stack(frame) for frame in some])


def _painted(tracks: Tracks, top_mm: float, largest: deque[list[float]]) -> Iterator[Painted]:
    """The reference's vertices in the colours of each prediction's errors, in the same order.

    largest: gets the largest error in mm of each prediction, frame by frame; NaN where nothing is known.
    """
    n = len(tracks.tracks)
    frames = zip(tracks.vertices(), tracks.errors_mm(), strict=True)
    while some := list(islice(frames, max(_PICTURES_AT_ONCE // n, 1))):
        errors = np.stack([np.stack(of_frame) for _, of_frame in some])  # frames, predictions, vertices
        largest.extend(errors.max(axis=2).tolist())
        vertices = np.repeat(np.stack([shown[0] for shown, _ in some]), n, axis=0)
        yield Painted(vertices, heat.colors(errors, top_mm).reshape(vertices.shape))
