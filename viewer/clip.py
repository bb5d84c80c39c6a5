"""One clip: its motion, sound and transcript, checked on the way in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64

from viewer import clip_arrays, clock, held
from viewer.clip_arrays import MAX_CHANNELS as MAX_CHANNELS
from viewer.clip_arrays import MAX_SAMPLE_RATE as MAX_SAMPLE_RATE
from viewer.clip_arrays import readonly
from viewer.errors import ClipError

FLAME_2020 = "flame2020"
"""Expression space of a data set that does not name one."""
MIN_FPS, MAX_FPS = 1, 1000
"""Frames per second; what is outside is a broken number, and would ask for hours of sound or none."""
NOT_FINITE = "motion-not-finite"
"""Code of the flag of a clip with `bad_frames`."""
LENGTH_CODES = ("audio-longer", "audio-shorter")
"""Codes of the flag of a clip whose sound is cut or padded by more than can be rounding."""


@dataclass(frozen=True)
class Flag:
    """Something the viewer noticed about a clip and shows beside it."""

    code: str
    """Short and stable, such as `no-audio`."""
    message: str
    """One sentence for the user."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound of a clip."""

    samples: Float32[np.ndarray, "N C"]
    """Amplitude in -1..1, one column a channel."""
    rate: int
    """Samples per second."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @cached_property
    def content_hash(self) -> str:
        """Hash of what is heard, 32 hex digits."""
        digest = hashlib.sha256(f"{self.rate}{self.samples.shape}".encode())
        digest.update(np.ascontiguousarray(self.samples).data)
        return digest.hexdigest()[:32]


@dataclass(frozen=True, eq=False)
class Clip:
    """One clip. Arrays are read-only; use `Clip.from_arrays` to make one, it checks them.

    Its motion is either coefficients (`exp`, `pose`, `shape`) or a track of `vertices`. All values are finite: frames
    that held anything else are in `bad_frames`, and hold the last good one.
    """

    stem: str
    exp: Float32[np.ndarray, "T E"]
    """Expression coefficients; E = 0 where there are vertices."""
    pose: Float32[np.ndarray, "T 6"]
    """Global rotation, then jaw rotation, each an axis-angle vector in radians; 0 where there are vertices."""
    shape: Float64[np.ndarray, "T S"]
    """Identity coefficients; where they are the same in every frame, as is normal, one row in memory."""
    fps: float
    bad_frames: Bool[np.ndarray, " T"]
    """Frames that are NaN, infinite or absurdly large in the data."""
    bad_values: str = ""
    """What the bad frames hold, such as "NaN"; empty where there are none."""
    vertices: Float32[np.ndarray, "T V 3"] | None = None
    """Positions in metres, as they are shown: nothing turns or deforms them."""
    audio: Audio | None = None
    transcript: str | None = None
    expression_space: str = FLAME_2020
    """Name of the expression basis that `exp` belongs to."""
    splits: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = field(default=())

    @classmethod
    def from_arrays(
        cls,
        *,
        exp: Any = None,
        pose: Any = None,
        shape: Any = None,
        vertices: Any = None,
        fps: Any = 25,
        audio: Any = None,
        sample_rate: Any = 16000,
        transcript: str | None = None,
        stem: str = "clip",
        expression_space: str = FLAME_2020,
        splits: tuple[str, ...] = (),
        flags: tuple[Flag, ...] = (),
    ) -> Clip:
        """Check arrays (NumPy, lists or torch tensors) and make a clip of them.

        exp: (T, E) float; pose: (T, 6) float, radians; shape: (S,) for one identity, (T, S) per frame, or None for the
        mean face; or, instead of these three, vertices: (T, V, 3) or (T, 3V) float, metres; audio: (N,) or (N, C) float
        in -1..1 or integer PCM at `sample_rate` per second; fps: frames per second.

        A frame with a value that is NaN, infinite or beyond ±10,000 holds the last good frame (the first good one,
        before that), and gets the clip a flag that names it.

        Raises ClipError that names the array, what was found and what was expected; also where no frame is good.
        """
        _check_texts(stem=stem, transcript=transcript, expression_space=expression_space, splits=splits)
        motion = _motion(stem, exp=exp, pose=pose, shape=shape, vertices=vertices)
        bad, values, bad_flags = _hold_bad_frames(stem, motion)
        if not MIN_FPS <= (rate := clip_arrays.number(fps)) <= MAX_FPS:
            raise ClipError(f"{stem}: frame rate is {fps!r}; expected {MIN_FPS} to {MAX_FPS} (25 in this data)")
        sound = None
        if audio is not None:
            samples = clip_arrays.samples(audio, stem)
            sound = Audio(readonly(samples), clip_arrays.sample_rate(sample_rate, stem))
        n_frames = len(bad)
        if "vertices" in motion:
            motion |= {"exp": np.zeros((n_frames, 0), np.float32), "pose": np.zeros((n_frames, 6), np.float32)}
            motion |= {"shape": np.zeros((n_frames, 0))}
        elif (motion["shape"] == motion["shape"][0]).all():
            motion["shape"] = np.broadcast_to(motion["shape"][0].copy(), motion["shape"].shape)
        return cls(
            stem=stem,
            **{name: readonly(array) for name, array in motion.items()},
            fps=rate,
            bad_frames=readonly(bad),
            bad_values=values,
            audio=sound,
            transcript=transcript,
            expression_space=expression_space,
            splits=tuple(splits),
            flags=(*bad_flags, *flags),
        )

    def __len__(self) -> int:
        return len(self.exp)

    @property
    def seconds(self) -> float:
        """Duration of the motion."""
        return clock.duration(len(self), self.fps)

    @property
    def nbytes(self) -> int:
        """Bytes that its arrays take in memory; an identity that is the same in every frame counts once."""
        samples = () if self.audio is None else (self.audio.samples,)
        arrays = (self.exp, self.pose, self.shape, self.vertices, self.bad_frames, *samples)
        return sum(array[:1].nbytes if array.strides[0] == 0 else array.nbytes for array in arrays if array is not None)

    def held_note(self, frame: int) -> str | None:
        """What to write on the picture of a frame that shows another one; None for a good frame."""
        if not self.bad_frames[frame]:
            return None
        which = "first" if self.bad_frames[:frame].all() else "last"
        return f"Frame {frame} is {self.bad_values} in the data: the {which} good frame is held"

    def frames(self, start: int, stop: int) -> Clip:
        """The motion of frames `start` to before `stop`, without the sound and the words."""
        part = slice(start, stop)
        return replace(
            self,
            exp=self.exp[part],
            pose=self.pose[part],
            shape=self.shape[part],
            vertices=None if self.vertices is None else self.vertices[part],
            bad_frames=self.bad_frames[part],
            audio=None,
            transcript=None,
        )

    @cached_property
    def content_hash(self) -> str:
        """Hash of everything that is shown or heard: same hash, same film."""
        digest = hashlib.sha256(self.motion_hash.encode())
        digest.update(f"{self.expression_space}|{self.transcript!r}|{self.bad_values}|".encode())
        if self.audio is not None:
            digest.update(self.audio.content_hash.encode())
        return digest.hexdigest()[:32]

    @cached_property
    def motion_hash(self) -> str:
        """Hash of the motion alone, whatever sound, words and splits belong to it; 32 hex digits."""
        digest = hashlib.sha256(f"{self.fps}|".encode())
        for name in ("exp", "pose", "shape", "vertices", "bad_frames"):
            array = getattr(self, name)
            if array is None:
                continue
            digest.update(f"{name}{array.shape}{array.dtype}".encode())
            # Of one row that stands for every frame the row is enough.
            digest.update(np.ascontiguousarray(array[:1] if array.strides[0] == 0 else array).data)
        return digest.hexdigest()[:32]


def _motion(stem: str, *, exp: Any, pose: Any, shape: Any, vertices: Any) -> dict[str, np.ndarray]:
    """The arrays of a clip's motion, of one length; values are not looked at."""
    if vertices is not None:
        given = [name for name, array in (("exp", exp), ("pose", pose), ("shape", shape)) if array is not None]
        if given:
            raise ClipError(f"{stem}: vertices and {', '.join(given)} are given; expected one or the other")
        return {"vertices": clip_arrays.vertex_track(vertices, stem)}
    missing = [name for name, array in (("exp", exp), ("pose", pose)) if array is None]
    if missing:
        raise ClipError(f"{stem}: {' and '.join(missing)} missing; expected exp and pose, or vertices")
    motion = {
        "exp": clip_arrays.coefficients("exp", exp, np.float32, stem),
        "pose": clip_arrays.coefficients("pose", pose, np.float32, stem, width=6),
        "shape": clip_arrays.identity(shape, stem),
    }
    n_frames = len(motion["exp"])
    if len(motion["shape"]) == 1 and n_frames != 1:
        motion["shape"] = np.broadcast_to(motion["shape"], (n_frames, motion["shape"].shape[1]))
    lengths = {name: len(array) for name, array in motion.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ClipError(f"{stem}: arrays differ in their number of frames: {found}")
    return motion


def _hold_bad_frames(stem: str, motion: dict[str, np.ndarray]) -> tuple[Bool[np.ndarray, " T"], str, tuple[Flag, ...]]:
    """Put good frames in the place of bad ones; tells which were bad, what they hold, and a flag that says so."""
    by_array = {name: held.bad_rows(array) for name, array in motion.items()}
    bad = np.logical_or.reduce(list(by_array.values()))
    if not bad.any():
        return bad, "", ()
    where = [name for name, rows in by_array.items() if rows.any()]
    values = held.what_is_wrong(motion[name][by_array[name]] for name in where)
    if bad.all():
        raise ClipError(f"{stem}: all {len(bad):,} frames are {values} in {', '.join(where)}: there is nothing to show")
    shown = held.stand_ins(bad)
    for array in motion.values():
        if array.flags.writeable:  # else one row stands for all frames
            array[bad] = array[shown[bad]]
    message = (
        f"{int(bad.sum()):,} of {len(bad):,} frames are {values} in {', '.join(where)} ({held.named(bad)}): "
        "the face holds the last good frame."
    )
    return bad, values, (Flag(NOT_FINITE, message),)


def _check_texts(*, stem: Any, transcript: Any, expression_space: Any, splits: Any) -> None:
    if not isinstance(stem, str) or not stem:
        raise ClipError(f"stem is {stem!r}; expected a text that is not empty")
    if transcript is not None and not isinstance(transcript, str):
        raise ClipError(f"{stem}: transcript is {type(transcript).__name__}; expected text or None")
    if not isinstance(expression_space, str):
        raise ClipError(f"{stem}: expression_space is {expression_space!r}; expected a name such as {FLAME_2020!r}")
    if isinstance(splits, str) or not all(isinstance(split, str) for split in splits):
        raise ClipError(f"{stem}: splits is {splits!r}; expected names in a tuple or list")
