"""One clip to one mp4."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from viewer import looks
from viewer._version import VERSION
from viewer.clip import Clip
from viewer.errors import Cancelled, UsageError
from viewer.flame import HeadChoice
from viewer.render import Renderer, shared_renderer
from viewer.speech import align_apart, alignment_key
from viewer.video.captions import Captions
from viewer.video.mp4 import Mp4Writer
from viewer.video.receipt import Receipt, alterations
from viewer.video.sound import fit_audio

CAPTIONS_NOTE = "captions drawn over the picture"


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """How an exported clip looks. Raises UsageError for a look, camera, size, colour or crf that does not exist."""

    look: str = looks.DEFAULT_LOOK
    camera: str = looks.DEFAULT_CAMERA
    size: tuple[int, int] = (looks.DEFAULT_SIZE, looks.DEFAULT_SIZE)
    """Width and height in pixels, both even."""
    background: tuple[int, int, int] | None = None
    """sRGB 0..255; None takes the look's own."""
    captions: bool = False
    crf: int = 20
    """x264's constant rate factor: 0 is lossless, 51 the smallest file."""

    def __post_init__(self) -> None:
        looks.look(self.look)
        looks.camera(self.camera)
        if type(self.crf) is not int or not 0 <= self.crf <= 51:
            raise UsageError(f"crf is {self.crf!r}; expected a whole number from 0 (lossless) to 51 (smallest)")
        looks.picture_size(self.size)
        if self.background is not None:
            looks.rgb(self.background)


def export_clip(
    clip: Clip,
    path: str | Path,
    *,
    head: HeadChoice,
    settings: ExportSettings | None = None,
    renderer: Renderer | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Receipt:
    """Render `clip` on `head` with its sound into the mp4 `path`: exactly `len(clip)` frames at `clip.fps`.

    progress: called with (frames done, frames in all); cancelled: asked before each frame.
    Nothing is at `path` before the mp4 is complete. Raises ClipError for a clip that the head cannot play, RenderError,
    VideoError or Cancelled.
    """
    settings = settings or ExportSettings()
    renderer = renderer or shared_renderer()
    altered = alterations(clip, head)
    captions = _captions(clip, settings) if settings.captions else None
    if captions is not None:
        altered = (*altered, CAPTIONS_NOTE)
    audio = None if clip.audio is None else fit_audio(clip.audio, len(clip), clip.fps)
    receipt = Receipt(
        stem=clip.stem,
        content_hash=clip.content_hash,
        frames=len(clip),
        fps=clip.fps,
        seconds=clip.seconds,
        model_version=head.model.version,
        model_hash=head.model.hash,
        look=settings.look,
        camera=settings.camera,
        size=settings.size,
        crf=settings.crf,
        altered=altered,
        flags=tuple(flag.message for flag in clip.flags),
        gl_renderer=renderer.info.renderer,
    )
    metadata = {"title": clip.stem, "comment": receipt.to_json()}
    # While the processor draws too, one thread encodes fast enough and costs least; a GPU draws faster than that.
    threads = 1 if renderer.info.software else 0
    mp4 = Mp4Writer(
        path, fps=clip.fps, size=settings.size, audio=audio, crf=settings.crf, threads=threads, metadata=metadata
    )
    with mp4:
        for index, frame in enumerate(clip_frames(clip, head=head, settings=settings, renderer=renderer)):
            if cancelled is not None and cancelled():
                raise Cancelled(f"export of {clip.stem} was cancelled at frame {index} of {len(clip)}")
            mp4.write(frame if captions is None else captions.draw(frame, index))
            if progress is not None:
                progress(index + 1, len(clip))
    return receipt


def clip_frames(
    clip: Clip, *, head: HeadChoice, settings: ExportSettings, renderer: Renderer
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """The clip's frames, uint8 (H, W, 3) sRGB, without captions."""
    model = head.model
    return renderer.frames(
        head.vertex_blocks(clip),
        faces=model.faces,
        v_template=model.v_template,
        colors=model.vertex_colors,
        look=settings.look,
        camera=settings.camera,
        size=settings.size,
        background=settings.background,
    )


def render_key(clip: Clip, head: HeadChoice, settings: ExportSettings) -> str:
    """Name for a cached mp4: the same key means the same film, down to the definition of the look."""
    parts = (
        VERSION,
        clip.stem,
        clip.content_hash,
        head.model.hash,
        head.model.appearance_hash,
        head.zero_expression,
        head.warnings,
        settings,
        alignment_key(clip) if settings.captions else None,
        looks.look(settings.look),
        looks.camera(settings.camera),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _captions(clip: Clip, settings: ExportSettings) -> Captions:
    return Captions(
        stem=clip.stem,
        words=align_apart(clip).words,
        fps=clip.fps,
        n_frames=len(clip),
        size=settings.size,
        remark=clip.held_note,
    )
