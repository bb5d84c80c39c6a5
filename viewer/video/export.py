"""One clip to one mp4."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from viewer import looks
from viewer._version import VERSION
from viewer.clip import Audio, Clip
from viewer.errors import Cancelled, UsageError
from viewer.flame import HeadChoice
from viewer.render import Renderer, shared_renderer
from viewer.speech import align_apart, alignment_key
from viewer.video.captions import Captions
from viewer.video.mp4 import Mp4Writer
from viewer.video.receipt import Receipt, alterations
from viewer.video.sound import fit_audio

CAPTIONS_NOTE = "captions drawn over the picture"
FAST_NOTE = "made in a hurry: edges are not smoothed"
MAX_HOLD = 100
"""Times that a frame is shown in the slowest film."""


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
    hold: int = 1
    """How many times each frame is shown: 4 is a quarter of the speed, without sound."""
    fast: bool = False
    """For previews: edges are not smoothed and files are larger, in half the time."""

    def __post_init__(self) -> None:
        looks.look(self.look)
        looks.camera(self.camera)
        if type(self.crf) is not int or not 0 <= self.crf <= 51:
            raise UsageError(f"crf is {self.crf!r}; expected a whole number from 0 (lossless) to 51 (smallest)")
        if type(self.hold) is not int or not 1 <= self.hold <= MAX_HOLD:
            raise UsageError(f"hold is {self.hold!r}; expected a whole number from 1 to {MAX_HOLD}")
        looks.picture_size(self.size)
        if self.background is not None:
            looks.rgb(self.background)

    @property
    def aside(self) -> str:
        """What captions say of the whole film; "" at full speed."""
        return "" if self.hold == 1 else f"1/{self.hold} speed, no sound"

    def audio_of(self, clip: Clip) -> Audio | None:
        """The sound of a clip's film, as long as its motion; none in slow motion, where it would have another pitch."""
        return None if clip.audio is None or self.hold > 1 else fit_audio(clip.audio, len(clip), clip.fps)

    def notes(self) -> tuple[str, ...]:
        """How the film differs from the clip because it was asked for."""
        slow = f"slowed to 1/{self.hold} of the speed: each frame is shown {self.hold} times, without sound"
        asked = {slow: self.hold > 1, FAST_NOTE: self.fast, CAPTIONS_NOTE: self.captions}
        return tuple(note for note, wanted in asked.items() if wanted)


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

    In slow motion each of these is there `settings.hold` times, and no sound.
    progress: called with (frames done, frames in all); cancelled: asked before each frame.
    Nothing is at `path` before the mp4 is complete. Raises ClipError for a clip that the head cannot play, RenderError,
    VideoError or Cancelled.
    """
    settings = settings or ExportSettings()
    renderer = renderer or shared_renderer()
    captions = _captions(clip, settings) if settings.captions else None
    receipt = clip_receipt(clip, head=head, settings=settings, renderer=renderer)
    frames = clip_frames(clip, head=head, settings=settings, renderer=renderer)
    shown = frames if captions is None else (captions.draw(frame, index) for index, frame in enumerate(frames))
    encode_film(
        shown,
        path,
        clip=clip,
        receipt=receipt,
        settings=settings,
        renderer=renderer,
        progress=progress,
        cancelled=cancelled,
    )
    return receipt


def clip_receipt(clip: Clip, *, head: HeadChoice, settings: ExportSettings, renderer: Renderer) -> Receipt:
    """What the pictures of a clip are made from. Raises RenderError when nothing can draw them."""
    return Receipt(
        stem=clip.stem,
        content_hash=clip.content_hash,
        frames=len(clip) * settings.hold,
        fps=clip.fps,
        seconds=clip.seconds * settings.hold,
        model_version=head.model.version,
        model_hash=head.model.hash,
        look=settings.look,
        camera=settings.camera,
        size=settings.size,
        crf=settings.crf,
        altered=(*alterations(clip, head, sound=settings.hold == 1), *settings.notes()),
        flags=tuple(flag.message for flag in clip.flags),
        gl_renderer=renderer.info.renderer,
        speed=1 / settings.hold,
    )


def encode_film(
    frames: Iterable[UInt8[np.ndarray, "H W 3"]],
    path: str | Path,
    *,
    clip: Clip,
    receipt: Receipt,
    settings: ExportSettings,
    renderer: Renderer,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Encode the frames of a clip with its sound and their receipt; the rest is as for `export_clip`."""
    # While the processor draws too, one thread encodes fast enough and costs least; a GPU draws faster than that.
    threads = 1 if renderer.info.software else 0
    mp4 = Mp4Writer(
        path,
        fps=clip.fps,
        size=receipt.size,
        audio=settings.audio_of(clip),
        crf=settings.crf,
        threads=threads,
        fastest=settings.fast,
        metadata={"title": clip.stem, "comment": receipt.to_json()},
    )
    with mp4:
        for index, frame in enumerate(frames):
            if cancelled is not None and cancelled():
                raise Cancelled(f"export of {clip.stem} was cancelled at frame {index} of {len(clip)}")
            for _ in range(settings.hold):
                mp4.write(frame)
            if progress is not None:
                progress(index + 1, len(clip))


def clip_frames(
    clip: Clip, *, head: HeadChoice, settings: ExportSettings, renderer: Renderer, transparent: bool = False
) -> Iterator[UInt8[np.ndarray, "H W C"]]:
    """The clip's frames, each once, uint8 sRGB, without captions; transparent: with straight alpha."""
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
        transparent=transparent,
        smooth=not settings.fast,
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
        aside=settings.aside,
    )
