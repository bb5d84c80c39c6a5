"""Which clips are compared with each other, and two clips brought onto common frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from viewer.clip import Clip
from viewer.compare.resample import resampled
from viewer.dataset import Dataset, counterpart
from viewer.errors import CompareError
from viewer.held import named

_SHOWN = 3


@dataclass(frozen=True)
class Matching:
    """Which clips of two data sets belong together."""

    pairs: tuple[tuple[str, str], ...]
    """Stem of the reference, stem of the prediction; in the order of the reference."""
    missing: tuple[str, ...]
    """Stems of the reference without a prediction."""
    extra: tuple[str, ...]
    """Predictions that belong to no clip of the reference."""


def match(reference: Dataset, prediction: Dataset, stems: Iterable[str] | None = None) -> Matching:
    """Pair clips by stem, as predictions are named; only those with motion count.

    stems: of the reference (default: all that have motion).

    Raises CompareError where no clip has a prediction, DatasetError for a stem that the reference does not have.
    """
    playable = reference.playable
    chosen = playable if stems is None else tuple(dict.fromkeys(stems))
    if stems is not None:
        for stem in chosen:
            reference.parts(stem)
    predicted = frozenset(prediction.playable)
    found = {stem: counterpart(stem, reference, prediction) for stem in chosen}
    pairs = tuple((stem, there) for stem, there in found.items() if there is not None and there in predicted)
    if not pairs:
        raise CompareError(
            f"none of {len(chosen):,} clips of {reference.path} ({_some(chosen)}) has a prediction in "
            f"{prediction.path}, which has {len(predicted):,} ({_some(sorted(predicted))}). Files are paired by stem; "
            "--stem-pattern '{stem}_pred' says how names of predictions are made"
        )
    # Not only of the chosen: a prediction for a clip that was not asked for is none too many.
    wanted = {there for stem in playable if (there := counterpart(stem, reference, prediction)) is not None}
    paired = {stem for stem, _ in pairs}
    return Matching(
        pairs, tuple(stem for stem in chosen if stem not in paired), tuple(sorted(predicted - wanted - set(chosen)))
    )


@dataclass(frozen=True, eq=False)
class Pair:
    """A reference and a prediction of it, on the same frames: those that both have, at the reference's rate."""

    stem: str
    """Of the reference."""
    reference: Clip
    prediction: Clip
    """Resampled where its rate is another: rotations by slerp, coefficients and vertices linearly."""
    bad_frames: Bool[np.ndarray, " T"]
    """Bad in either: left out of every metric, gaps in curves."""
    reference_frames: int
    """Length of the whole reference."""
    prediction_frames: int
    """Length of the whole prediction, at its own rate."""
    prediction_fps: float
    remarks: tuple[str, ...] = ()
    """What a reader of the numbers should know, in sentences."""

    def __len__(self) -> int:
        return len(self.bad_frames)

    @property
    def fps(self) -> float:
        return self.reference.fps


def pair(reference: Clip, prediction: Clip) -> Pair:
    """Two clips on their common frames. Both begin together; frame f of the reference is at f / fps seconds.

    Raises CompareError where expressions belong to different bases, vertices to different meshes, or no common frame is
    good.
    """
    _check_comparable(reference, prediction)
    moved = resampled(prediction, reference.fps)
    n_frames = min(len(reference), len(moved))
    here, there = _first(reference, n_frames), _first(moved, n_frames)
    bad = here.bad_frames | there.bad_frames
    if bad.all():
        raise CompareError(f"{reference.stem}: none of the {n_frames:,} frames that both tracks have is good in both")
    return Pair(
        stem=reference.stem,
        reference=here,
        prediction=there,
        bad_frames=bad,
        reference_frames=len(reference),
        prediction_frames=len(prediction),
        prediction_fps=prediction.fps,
        remarks=tuple(_remarks(reference, prediction, n_frames, bad)),
    )


def _check_comparable(reference: Clip, prediction: Clip) -> None:
    tracks = reference.vertices, prediction.vertices
    if tracks[0] is not None and tracks[1] is not None and tracks[0].shape[1] != tracks[1].shape[1]:
        raise CompareError(
            f"{reference.stem}: the reference has {tracks[0].shape[1]:,} vertices a frame, the prediction "
            f"{tracks[1].shape[1]:,}; expected tracks of the same mesh"
        )
    spaces = reference.expression_space, prediction.expression_space
    if all(track is None for track in tracks) and spaces[0] != spaces[1]:
        raise CompareError(
            f"{reference.stem}: the reference's expressions are of {spaces[0]!r}, the prediction's of {spaces[1]!r}: "
            "the same numbers mean other faces. If that is a mistake, name the right one as expression_space in "
            "dataset.json (docs/tracks.md); else compare tracks of vertices"
        )


def _first(clip: Clip, n_frames: int) -> Clip:
    """The clip, cut where it is longer."""
    return clip if len(clip) == n_frames else clip.frames(0, n_frames)


def _remarks(reference: Clip, prediction: Clip, n_frames: int, bad: Bool[np.ndarray, " T"]) -> Iterable[str]:
    if reference.fps != prediction.fps:
        yield f"The prediction was resampled from {prediction.fps:g} to {reference.fps:g} frames per second."
    if len(reference) != n_frames or (reference.fps == prediction.fps and len(prediction) != n_frames):
        yield (
            f"Lengths differ: the reference has {len(reference):,} frames ({reference.seconds:.2f} s), the prediction "
            f"{len(prediction):,} ({prediction.seconds:.2f} s); the first {n_frames:,} are compared."
        )
    if bad.any():
        yield f"Left out, as not a number in one of the two: {named(bad)} ({int(bad.sum()):,} in all)."
    kinds = [clip.vertices is not None for clip in (reference, prediction)]
    if any(kinds):
        which = "Both are" if all(kinds) else "The reference is" if kinds[0] else "The prediction is"
        yield (
            f"{which} a track of vertices: head pose is taken out by laying skulls over each other, and what differs "
            "between the identities counts as error."
        )
    elif reference.exp.shape[1] != prediction.exp.shape[1]:
        yield (
            f"The reference has {reference.exp.shape[1]} expression coefficients, the prediction "
            f"{prediction.exp.shape[1]}: those that one lacks count as 0."
        )


def _some(stems: Iterable[str]) -> str:
    listed = list(stems)
    return ", ".join(map(repr, listed[:_SHOWN])) + (", …" if len(listed) > _SHOWN else "")
