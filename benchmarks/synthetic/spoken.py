"""Clips whose motion owes nothing to the aligner: synthesised speech with exact phone times, moved by its loudness.

Needs the library of espeak-ng (apt-get install espeak-ng). Jaw and lips follow the energy of the sound and close at the
synthesiser's own P, B and M; brows and cheeks wander, lids blink, the head drifts.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import gaussian_filter1d
from scipy.signal import resample_poly

from viewer.clip import Audio, Clip
from viewer.flame import FlameModel
from viewer.motion import loudness

RATE, FPS = 16000, 25
VOICES = ("en-us+f2", "en-us+klatt2", "en-us+klatt4", "en-us+f1", "en-us+f3", "en-us+m2", "en-us+m1")
"""Those that sound least like a machine: the others the aligner takes for no match."""
_WORDS_PER_MINUTE = 130
SENTENCES = (
    "Maybe the big brown bear will climb up to the top of the map before breakfast.",
    "My brother bought some apples and a pound of butter from the man by the bridge.",
    "People often promise more than they can possibly keep, and then they blame somebody else.",
    "The problem began in the spring, when the company moped about a number of small bills.",
    "Please bring me a cup of hot milk and a piece of bread with plum jam.",
    "Nobody remembered the name of the famous painter who lived behind the museum.",
    "A bumpy path goes up the mountain, past an empty barn and a pile of timber.",
    "We are happy to publish the results of the public poll in a month or two.",
    "Imagine a simple number between one and ten and multiply it by itself.",
    "The baby slept while we packed boxes, lamps and pictures into the blue van.",
)
_BILABIALS = ("p", "b", "m")
_SYNCHRONOUS, _PHONEME_EVENTS, _RATE_PARAMETER = 2, 1, 1
_PHONEME, _END = 7, 0
_UTF8 = 1
_SILENCE = 0.5
_WIDEST_JAW = np.radians(13)
_FLOOR_DB = 35.0
"""Below the loudest: no opening."""


class SpeechMissingError(Exception):
    """The synthesiser is not installed."""


@dataclass(frozen=True, eq=False)
class Spoken:
    """A sentence as it was synthesised."""

    samples: Float32[np.ndarray, " N"]
    bilabials: tuple[tuple[float, float], ...]
    """Start and end of each P, B and M in seconds."""

    def after(self, seconds: float) -> Spoken:
        """With so much silence before it and after it."""
        return Spoken(
            np.pad(self.samples, round(seconds * RATE)),
            tuple((start + seconds, end + seconds) for start, end in self.bilabials),
        )


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The library, and the rate of its samples."""
    name = ctypes.util.find_library("espeak-ng")
    if name is None:
        raise SpeechMissingError("no espeak-ng here; install it with: apt-get install espeak-ng")
    library = ctypes.CDLL(name)
    return library, int(library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS))


def say(text: str, voice: str) -> Spoken:
    """Synthesise a sentence. Raises SpeechMissingError."""
    library, rate = _library()
    pieces: list[np.ndarray] = []
    events: list[tuple[str, float]] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
    def take(wave, count, event):
        if wave and count > 0:
            pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        number = 0
        while event[number].type != _END:
            if event[number].type == _PHONEME:
                events.append((event[number].id.string.decode(), event[number].audio_position / 1000))
            number += 1
        return 0

    library.espeak_SetVoiceByName(voice.encode())
    library.espeak_SetParameter(_RATE_PARAMETER, _WORDS_PER_MINUTE, 0)
    library.espeak_SetSynthCallback(take)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    samples = resample_poly(np.concatenate(pieces) / 32768, RATE, rate).astype(np.float32)
    ends = [start for _, start in events[1:]] + [len(samples) / RATE]
    times = [(label, start, end) for (label, start), end in zip(events, ends, strict=True)]
    return Spoken(samples, tuple((start, end) for label, start, end in times if label in _BILABIALS))


def clip(number: int, model: FlameModel, names: list[str]) -> Clip:
    """The clip of that number: voice, sentence and all that is random follow from it.

    model: the demo head, whose expressions have the `names`.
    """
    rng = np.random.default_rng(number)
    text = SENTENCES[number % len(SENTENCES)] + " " + SENTENCES[(number * 7 + 3) % len(SENTENCES)]
    spoken = say(text, VOICES[number % len(VOICES)]).after(_SILENCE)
    audio = Audio(spoken.samples[:, None], RATE)
    n = -(-len(spoken.samples) * FPS // RATE)
    exp = np.zeros((n, len(names)), np.float32)
    for column, name in enumerate(names):
        if name.startswith(("brow", "cheek", "mouthSmile", "mouthDimple", "noseSneer")):
            exp[:, column] = np.maximum(0.15 + _wander(rng, n, seconds=0.3, spread=0.1), 0)
        elif name.startswith("mouth") and not name.startswith("mouthClose"):
            exp[:, column] = 0.05 * np.abs(_wander(rng, n, seconds=0.12, spread=1.0))
    closing = np.clip(_bumps(spoken.bilabials, n), 0, 1)
    jaw = _WIDEST_JAW * _energy(audio, n) * (1 - closing)
    lids = [column for column, name in enumerate(names) if name.startswith("eyeBlink")]
    exp[:, lids] = _blinks(rng, n)[:, None]
    exp[:, [column for column, name in enumerate(names) if name.startswith("mouth")]] *= (1 - closing)[:, None]
    pose = np.zeros((n, 6), np.float32)
    pose[:, :3] = np.stack([_wander(rng, n, seconds=0.5, spread=np.radians(3)) for _ in range(3)], axis=1)
    pose[:, 3] = jaw
    return Clip.from_arrays(
        exp=exp,
        pose=pose,
        shape=rng.normal(0, 0.4, 20),
        audio=spoken.samples,
        sample_rate=RATE,
        transcript=text,
        stem=f"spoken_{number:04}",
        expression_space=model.expression_space,
    )


def _energy(audio: Audio, n: int) -> Float[np.ndarray, " n"]:
    """0 to 1, smoothed as a jaw would."""
    level = loudness(audio, n, FPS).astype(float)
    return gaussian_filter1d(np.clip(1 + (level - np.percentile(level, 98)) / _FLOOR_DB, 0, 1) ** 2, 1.0)


def _bumps(spans: tuple[tuple[float, float], ...], n: int) -> Float[np.ndarray, " n"]:
    """1 around the middle of each span, falling to 0 within two frames beyond it."""
    middle = (np.arange(n) + 0.5) / FPS
    found = np.zeros(n)
    for start, end in spans:
        away = np.maximum(np.maximum(start - middle, middle - end), 0) * FPS
        found = np.maximum(found, 0.5 + 0.5 * np.cos(np.pi * np.clip(away / 2.5, 0, 1)))
    return found


def _blinks(rng: np.random.Generator, n: int) -> Float[np.ndarray, " n"]:
    shut = np.zeros(n)
    at = int(rng.integers(10, 80))
    while at < n:
        shut[at : at + 6] = np.array([0.35, 0.9, 1.0, 0.75, 0.4, 0.12])[: n - at]
        at += int(rng.integers(50, 130))
    return shut


def _wander(rng: np.random.Generator, n: int, *, seconds: float, spread: float) -> Float[np.ndarray, " n"]:
    """Smooth noise of that standard deviation."""
    noise = gaussian_filter1d(rng.standard_normal(n + 200), seconds * FPS)[100:-100]
    return spread * noise * np.sqrt(2 * np.sqrt(np.pi) * seconds * FPS)
