"""Predictions beside their reference, frame by frame: what is drawn, and how far off each vertex is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from jaxtyping import Float32

from viewer.clip import Clip
from viewer.compare import CompareError, Faces, Pair, pair
from viewer.compare.faces import distances_mm
from viewer.errors import UsageError
from viewer.flame import HeadChoice
from viewer.video.receipt import ComparedTrack


@dataclass(frozen=True, eq=False)
class Track:
    """A prediction on the frames of its reference."""

    label: str
    """What stands above its picture."""
    source: Clip
    """The prediction as it is in its data set."""
    pair: Pair

    def note(self, frame: int) -> str | None:
        """What to write on the picture of a frame that does not show the data of that frame; else None."""
        if frame >= len(self.pair):
            return f"ends at {len(self.pair) / self.pair.fps:.2f} s: its last frame is held"
        return self.pair.prediction.held_note(frame)

    def facts(self) -> ComparedTrack:
        """For the receipt."""
        return ComparedTrack(
            label=self.label,
            stem=self.source.stem,
            content_hash=self.source.content_hash,
            frames=len(self.source),
            fps=self.source.fps,
            remarks=self.pair.remarks,
        )


class Tracks:
    """A reference and predictions of it, played on one head.

    Everything lasts as long as the reference: predictions that end earlier hold their last frame, where errors are NaN;
    what they have beyond it is left out.
    """

    def __init__(self, reference: Clip, predictions: Sequence[tuple[str, Clip]], *, head: HeadChoice) -> None:
        """predictions: with their labels, in the order in which they are shown.

        Raises CompareError for a prediction that cannot be compared, ClipError for one that the head cannot play,
        UsageError where there is none.
        """
        if not predictions:
            raise UsageError(f"{reference.stem}: there is nothing to compare with; name at least one prediction")
        self.reference = reference
        self.head = head
        self.faces = Faces(head)
        self.tracks = tuple(Track(label, clip, pair(reference, clip)) for label, clip in predictions)
        for track in self.tracks:
            if (why := self.faces.why_not(track.pair)) is not None:
                raise CompareError(f"{reference.stem}: {why}")
            head.check(track.pair.prediction)
        head.check(reference)

    def vertices(self) -> Iterator[tuple[Float32[np.ndarray, "V 3"], ...]]:
        """For each frame the reference and every prediction as in the data, head pose and identity included."""
        clips = (track.pair.prediction for track in self.tracks)
        own = (_held(self._each_frame(clip), len(self.reference) - len(clip)) for clip in clips)
        return zip(self._each_frame(self.reference), *own, strict=True)

    def errors_mm(self) -> Iterator[tuple[Float32[np.ndarray, " V"], ...]]:
        """For each frame and prediction the distance in mm of each vertex from where the reference has it.

        As `viewer.compare.Faces.errors_mm`: head pose is zeroed and identity shared. NaN where there is nothing to
        compare: in bad frames and after a prediction's end.
        """
        return zip(*(self._errors_mm(track.pair) for track in self.tracks), strict=True)

    def _errors_mm(self, pair: Pair) -> Iterator[Float32[np.ndarray, " V"]]:
        unknown = np.full(len(self.head.model.v_template), np.nan, np.float32)
        blocks = (distances_mm(*block) for block in self.faces.vertices(pair))
        for bad, errors in zip(pair.bad_frames, chain.from_iterable(blocks), strict=True):
            yield unknown if bad else errors
        yield from repeat(unknown, len(self.reference) - len(pair))

    def _each_frame(self, clip: Clip) -> Iterator[Float32[np.ndarray, "V 3"]]:
        return chain.from_iterable(self.head.vertex_blocks(clip))


def _held(frames: Iterator[np.ndarray], times: int) -> Iterator[np.ndarray]:
    """The frames, and the last one that many times more."""
    for frame in frames:
        yield frame
    yield from repeat(frame, times)
