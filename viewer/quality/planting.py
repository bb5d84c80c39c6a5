"""How defects get into a clip. Pure: arrays in, arrays out, and all that is random comes from the generator given.

Offsets of the face follow the clip's own motion: each coefficient by its own spread over the clip, so that a face that
hardly smiles is not thrown into a grin, then scaled until the face moves by the millimetres asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from viewer import words
from viewer.clip import Audio, Clip
from viewer.clip_arrays import readonly
from viewer.errors import ViewerError
from viewer.quality.ruler import Ruler
from viewer.speech import Alignment

BILABIALS = ("P", "B", "M")
SEAM_SECONDS = 4.0
"""Length of the patches that the generator decodes, one after the other."""
SHIFT_SECONDS = 0.04
"""A frame of sound and picture, in which A/V shifts are given."""
_JAW_FLOOR = np.radians(0.5)
"""Spread of a jaw that does not move: no clip is so still that nothing can be planted."""
_EDGE_FRAMES = 3
"""Frames next to the ends of a clip that stay as they are, so that what is planted has a before and an after."""
_IDENTITY_COEFFICIENTS = 10
_CLOSED_PERCENTILE = 5
_WIDEST_JAW = np.radians(20)
_HALVINGS = 12


class CannotPlant(ViewerError):  # noqa: N818 (no fault, an answer)
    """A clip has no place for a defect: too short, without sound, without what it would be planted in."""


@dataclass(frozen=True, eq=False)
class Planted:
    """A clip with a defect in it."""

    clip: Clip
    spans: tuple[tuple[float, float], ...]
    """Where the defect lies, (start, end) in seconds."""


@dataclass(frozen=True, eq=False)
class Material:
    """What defects are made with."""

    ruler: Ruler
    other: Clip | None = None
    """Another clip, whose words or sound are taken."""
    alignment: Alignment | None = None
    """Phones of the clip in time."""
    seam_period: int | None = None
    """Frames from seam to seam, where it is known that they are not 4 s apart."""


def pop(clip: Clip, mm: float, rng: np.random.Generator, material: Material) -> Planted:
    """One frame leaves the path of the motion, and the next is back on it."""
    frame = _inner_frame(clip, rng)
    offset = _drawn(clip, rng, 1)
    scale = _scale(_jump(clip, frame, offset, material.ruler), mm)
    return Planted(_moved(clip, np.array([frame]), offset.times(scale)), _frames(clip, [(frame, frame + 1)]))


def seam(clip: Clip, mm: float, rng: np.random.Generator, material: Material) -> Planted:
    """Patches, of four seconds, that do not meet: the face jumps where one ends, and drifts back during the next.

    Half of each jump is spread over the patch before and half over the one after, fading away from the seam.
    """
    period = material.seam_period or round(SEAM_SECONDS * clip.fps)
    seams = [frame for frame in range(period, len(clip), period) if frame < len(clip) - _EDGE_FRAMES]
    if not seams:
        raise CannotPlant(f"{clip.stem}: {len(clip)} frames are too few for a seam at frame {period}")
    planted = clip
    for frame in seams:
        offset = _drawn(clip, rng, 1)
        scale = _scale(_jump(clip, frame, offset, material.ruler), mm)
        before = np.arange(frame - period, frame)
        after = np.arange(frame, min(frame + period, len(clip)))
        fade_in, fade_out = (before - before[0] + 1) / period, 1 - (after - frame) / period
        planted = _moved(planted, before, offset.times(-scale / 2 * fade_in))
        planted = _moved(planted, after, offset.times(scale / 2 * fade_out))
    return Planted(planted, _frames(clip, [(frame - 1, frame + 1) for frame in seams]))


def jitter(clip: Clip, mm: float, rng: np.random.Generator, material: Material) -> Planted:
    """White noise on every coefficient, as of a tracker or generator that is not sure; mm: RMS over the frames."""
    if len(clip) < 2 * _EDGE_FRAMES:
        raise CannotPlant(f"{clip.stem}: {len(clip)} frames are too few to jitter")
    noise, every = _drawn(clip, rng, len(clip)), np.arange(len(clip))

    def rms(scale: float) -> float:
        moved = material.ruler.moved(clip, _moved(clip, every, noise.times(scale)))
        return float(np.sqrt(np.mean(moved**2)))

    return Planted(_moved(clip, every, noise.times(_scale(rms, mm))), ((0.0, clip.seconds),))


def freeze(clip: Clip, seconds: float, rng: np.random.Generator, material: Material) -> Planted:
    """The face stops while the clip speaks and would have moved, then jumps to where it should be."""
    n = max(round(seconds * clip.fps), 1)
    audio = _sound(clip)
    speed = np.append(0, material.ruler.moved(clip.frames(0, len(clip) - 1), clip.frames(1, len(clip))))
    spoken = [(round(a * clip.fps), round(b * clip.fps)) for a, b in words.speech_spans(audio, clip.seconds)]
    starts = [f for a, b in spoken for f in range(max(a, _EDGE_FRAMES), min(b, len(clip) - _EDGE_FRAMES) - n)]
    if not starts:
        raise CannotPlant(f"{clip.stem}: no {n} frames of speech on end to freeze")
    moving = np.array([speed[f + 1 : f + n + 1].mean() for f in starts])
    start = int(rng.choice(np.array(starts)[moving >= np.median(moving)]))
    shown = np.arange(len(clip))
    shown[start + 1 : start + n + 1] = start
    frozen = replace(
        clip,
        exp=readonly(clip.exp[shown]),
        pose=readonly(clip.pose[shown]),
        vertices=None if clip.vertices is None else readonly(clip.vertices[shown]),
    )
    return Planted(frozen, _frames(clip, [(start, start + n + 1)]))


def shift(clip: Clip, frames: float, rng: np.random.Generator, material: Material) -> Planted:
    """Sound that comes too late or, as often, too early; what is missing at an end is silence."""
    audio = _sound(clip)
    n = round(frames * SHIFT_SECONDS * audio.rate) * int(rng.choice([-1, 1]))
    if abs(n) >= len(audio.samples) // 2:
        raise CannotPlant(f"{clip.stem}: {audio.seconds:.2f} s of sound are too short to shift by {frames:g} frames")
    samples = np.zeros_like(audio.samples)
    if n > 0:
        samples[n:] = audio.samples[:-n]
    else:
        samples[:n] = audio.samples[-n:]
    return Planted(_with_sound(clip, samples), ((0.0, clip.seconds),))


def open_lips(clip: Clip, mm: float, rng: np.random.Generator, material: Material) -> Planted:
    """The jaw keeps the lips apart at every P, B and M; mm: from where they are when the clip closes them best."""
    if clip.vertices is not None:
        raise CannotPlant(f"{clip.stem} is a track of vertices: there is no jaw to open")
    phones = () if material.alignment is None else material.alignment.phones
    edges = [(round(p.start * clip.fps), round(p.end * clip.fps)) for p in phones if p.label in BILABIALS]
    spans = [(a, max(b, a + 1)) for a, b in edges if a > 0 and b < len(clip)]
    if not spans:
        raise CannotPlant(f"{clip.stem}: no P, B or M is known in it")
    least = float(np.percentile(material.ruler.opening(clip), _CLOSED_PERCENTILE)) + mm
    wanted = np.zeros(len(clip), bool)
    for a, b in spans:
        wanted[max(a - 1, 0) : b + 1] = True
    turned = _jaw_angle_for(clip, least, wanted, material.ruler)
    return Planted(_jaw_by(clip, _eased(turned)), _frames(clip, spans))


def swap_words(clip: Clip, share: float, rng: np.random.Generator, material: Material) -> Planted:
    """A run of words of another clip's transcript in the place of as many of this one's."""
    own = (clip.transcript or "").split()
    others = ((material.other and material.other.transcript) or "").split()
    if not own or not others:
        raise CannotPlant(f"{clip.stem}: no transcript, here or in the other clip")
    n = max(round(share * len(own)), 1)
    start = int(rng.integers(len(own) - n + 1))
    new = others if share == 1 else (others * (n // len(others) + 1))[:n]
    text = " ".join([*own[:start], *new, *own[start + n :]])
    return Planted(replace(clip, transcript=text), ((0.0, clip.seconds),))


def swap_sound(clip: Clip, share: float, rng: np.random.Generator, material: Material) -> Planted:
    """A stretch of another clip's sound in the place of this one's; the length stays."""
    audio = _sound(clip)
    if material.other is None or material.other.audio is None or material.other.audio.rate != audio.rate:
        raise CannotPlant(f"{clip.stem}: no other clip with sound of {audio.rate:,} Hz")
    foreign = material.other.audio.samples.mean(axis=1, keepdims=True)
    n = round(share * len(audio.samples))
    if not n or not len(foreign):
        raise CannotPlant(f"{clip.stem}: no sound to swap, here or in the other clip")
    start = int(rng.integers(len(audio.samples) - n + 1))
    samples = audio.samples.copy()
    samples[start : start + n] = np.resize(foreign, (n, 1))  # from its beginning again where it is too short
    return Planted(_with_sound(clip, samples), ((start / audio.rate, (start + n) / audio.rate),))


def leave_out_words(clip: Clip, count: float, rng: np.random.Generator, material: Material) -> Planted:
    """A run of words that is missing from the transcript, wherever it stands."""
    own, n = (clip.transcript or "").split(), round(count)
    aligned = material.alignment
    if aligned is None or aligned.status != "aligned" or len(aligned.words) != len(own):
        raise CannotPlant(f"{clip.stem}: the words are not known in time")
    if n >= len(own):
        raise CannotPlant(f"{clip.stem}: {len(own)} words are too few to leave out {n}")
    start = int(rng.integers(len(own) - n + 1))
    missing = aligned.words[start : start + n]
    text = " ".join([*own[:start], *own[start + n :]])
    return Planted(replace(clip, transcript=text), ((missing[0].start, missing[-1].end),))


def flicker(clip: Clip, sigma: float, rng: np.random.Generator, material: Material) -> Planted:
    """Another identity in each frame; sigma: RMS of the noise on each of the first coefficients, in SD of people."""
    n = min(clip.shape.shape[1], _IDENTITY_COEFFICIENTS)
    if not n or len(clip) < 2:
        raise CannotPlant(f"{clip.stem}: no identity coefficients that could flicker")
    shape = np.array(clip.shape)
    shape[:, :n] += sigma * rng.standard_normal((len(clip), n))
    return Planted(replace(clip, shape=readonly(shape)), ((0.0, clip.seconds),))


@dataclass(frozen=True, eq=False)
class _Offset:
    """What is added to some frames: coefficients, or positions of a track."""

    exp: Float64[np.ndarray, "n E"]
    jaw: Float64[np.ndarray, "n 3"]
    vertices: Float64[np.ndarray, "n V 3"] | None

    def times(self, factor: float | Float[np.ndarray, " n"]) -> _Offset:
        """Scaled, frame by frame; one row becomes as many as there are factors."""
        by_row = np.atleast_1d(np.asarray(factor, float))[:, None]
        points = None if self.vertices is None else self.vertices * by_row[..., None]
        return _Offset(self.exp * by_row, self.jaw * by_row, points)


def _drawn(clip: Clip, rng: np.random.Generator, n: int) -> _Offset:
    """Random offsets for `n` frames, each value with its spread over the clip; the jaw always takes part."""
    if clip.vertices is not None:
        around = clip.vertices - clip.vertices.mean(axis=0)
        spread = np.maximum(np.linalg.norm(around, axis=2).std(axis=0), 1e-5)[None, :, None]
        direction = rng.standard_normal((n, 1, 3))
        return _Offset(np.zeros((n, 0)), np.zeros((n, 3)), spread * direction)
    jaw_spread = np.maximum(clip.pose[:, 3:].std(axis=0, dtype=float), [_JAW_FLOOR, 0, 0])
    jaw = rng.standard_normal((n, 3)) * jaw_spread
    jaw[:, 0] = rng.choice([-1, 1], n) * jaw_spread[0]
    return _Offset(rng.standard_normal((n, clip.exp.shape[1])) * clip.exp.std(axis=0, dtype=float), jaw, None)


def _moved(clip: Clip, frames: Int64[np.ndarray, " n"], offset: _Offset) -> Clip:
    if clip.vertices is not None and offset.vertices is not None:
        track = clip.vertices.copy()
        track[frames] += offset.vertices.astype(np.float32)
        return replace(clip, vertices=readonly(track))
    exp, pose = clip.exp.copy(), clip.pose.copy()
    exp[frames] += offset.exp.astype(np.float32)
    pose[frames, 3:] += offset.jaw.astype(np.float32)
    return replace(clip, exp=readonly(exp), pose=readonly(pose))


def _jump(clip: Clip, frame: int, offset: _Offset, ruler: Ruler) -> Callable[[float], float]:
    """How many mm the face in one frame is moved by an offset, as a function of the factor to it."""
    alone = clip.frames(frame, frame + 1)
    return lambda factor: float(ruler.moved(alone, _moved(alone, np.array([0]), offset.times(factor)))[0])


def _scale(measure: Callable[[float], float], wanted: float) -> float:
    """Factor at which `measure` gives `wanted`; it is nearly linear, so three proportional steps are enough."""
    scale = 1.0
    for _ in range(3):
        scale *= wanted / max(measure(scale), 1e-9)
    return scale


def _jaw_angle_for(
    clip: Clip, opening_mm: float, where: Bool[np.ndarray, " T"], ruler: Ruler
) -> Float64[np.ndarray, " T"]:
    """By how many radians the jaw must open further for the lips to be that far apart; 0 where they are.

    Halving the interval, as Newton's steps run away where lips cross.
    """
    closed = where & (ruler.opening(clip) < opening_mm)
    least, most = np.zeros(len(clip)), np.where(closed, _WIDEST_JAW, 0)
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        enough = ruler.opening(_jaw_by(clip, middle)) >= opening_mm
        least, most = np.where(enough, least, middle), np.where(enough, middle, most)
    return np.where(closed, most, 0)


def _jaw_by(clip: Clip, radians: Float[np.ndarray, " T"]) -> Clip:
    pose = clip.pose.copy()
    pose[:, 3] += np.asarray(radians, np.float32)
    return replace(clip, pose=readonly(pose))


def _eased(angle: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
    """Never less than `angle`, and without steps: a jaw that stays too low does not twitch."""
    before = np.concatenate([angle[1:], [0]])
    after = np.concatenate([[0], angle[:-1]])
    return np.maximum(angle, np.maximum(before, after) / 2)


def _inner_frame(clip: Clip, rng: np.random.Generator) -> int:
    if len(clip) < 4 * _EDGE_FRAMES:
        raise CannotPlant(f"{clip.stem}: {len(clip)} frames are too few")
    return int(rng.integers(_EDGE_FRAMES, len(clip) - _EDGE_FRAMES))


def _frames(clip: Clip, spans: Iterable[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
    return tuple((start / clip.fps, end / clip.fps) for start, end in spans)


def _sound(clip: Clip) -> Audio:
    if clip.audio is None or not len(clip.audio.samples):
        raise CannotPlant(f"{clip.stem}: no sound")
    return clip.audio


def _with_sound(clip: Clip, samples: Float32[np.ndarray, "N C"]) -> Clip:
    return replace(clip, audio=Audio(readonly(samples), _sound(clip).rate))
