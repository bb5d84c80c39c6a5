"""Which clips a replica has, and the bytes of their files."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from benchmarks.replica.recording import (
    COEFFICIENTS,
    FPS,
    RATE,
    SAMPLES_PER_FRAME,
    SAMPLES_PER_TOKEN,
    TOKEN_VALUES,
    Recording,
    record,
)

MOTION, AUDIO, TRANSCRIPT, TOKENS = "FLAME_coeffs_25", "audios", "transcripts", "audios_token_glm"
SUFFIXES = {MOTION: ".npz", AUDIO: ".wav", TRANSCRIPT: ".txt", TOKENS: ".npy"}
SPLITS = ("train", "val", "test")
BYTES_PER_CLIP = 8 * (FPS * (COEFFICIENTS * 12 + 24) + RATE * 2 + 12 * 8) + 4096
"""About what one clip takes, over all its files."""

_SPLIT_SHARES = (0.9, 0.05, 0.05)
_SHORTEST, _LONGEST = 2.0, 14.0
_SYLLABLES = (
    "ba be bi bo da do fa fe ga go ha he ka ke ki la le li lo ma me mi mo na ne no pa pe ra re ri sa se si sho ta te "
    "to va wa we ya zo the thing ing er"
)
_GERMAN = "über für schön größer müssen können Straße hören früh Mädchen Öl Äpfel und nicht das ist ein wir"
_CHINESE = "今天 我们 来 谈谈 天气 因为 昨天 下雨 所以 大家 都 在家 里 看书 这个 问题 很 有意思 谢谢 你 的 回答"
_ID_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is random about the clips but the values of their coefficients and samples."""

    stems: tuple[str, ...]
    session: Int[np.ndarray, "N"]
    language: tuple[str, ...]
    split: tuple[str, ...]
    """One of `SPLITS`; all clips of a session are in the same one."""
    samples: Int[np.ndarray, "N"]
    offset: Float[np.ndarray, "N"]
    """Where the clip begins, as a share of what the recording has room for."""
    gain: Float[np.ndarray, "N"]
    seed: int

    def __len__(self) -> int:
        return len(self.stems)


def plan_clips(n_clips: int, *, seed: int) -> Plan:
    """Sessions of about 20 clips, clips of about 8 s."""
    rng = np.random.default_rng([seed, 0])
    sizes: list[int] = []
    while sum(sizes) < n_clips:
        sizes.append(max(1, int(rng.lognormal(2.8, 0.6))))
    sizes[-1] -= sum(sizes) - n_clips
    session = np.repeat(np.arange(len(sizes)), sizes)
    languages = _languages(rng, len(sizes))
    names = _session_names(rng, languages)
    splits = [SPLITS[k] for k in rng.choice(len(SPLITS), len(sizes), p=_SPLIT_SHARES)]
    splits[: len(SPLITS)] = SPLITS[: len(sizes)]  # even a small replica has all three
    segments = [segment for size in sizes for segment in np.cumsum(rng.choice([1, 1, 1, 2, 5], size)).tolist()]
    seconds = np.where(rng.random(n_clips) < 0.9, rng.normal(8.0, 0.5, n_clips), rng.normal(8.0, 3.0, n_clips))
    return Plan(
        stems=tuple(f"{names[s]}_{segment:04d}" for s, segment in zip(session, segments, strict=True)),
        session=session,
        language=tuple(languages[s] for s in session),
        split=tuple(splits[s] for s in session),
        samples=np.round(np.clip(seconds, _SHORTEST, _LONGEST) * RATE).astype(int),
        offset=rng.random(n_clips),
        gain=rng.uniform(0.5, 1.0, n_clips),
        seed=seed,
    )


class Clips:
    """The files of the planned clips, made one clip at a time."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self._recording: Recording = record(np.random.default_rng([plan.seed, 1]))

    def motion(self, clip: int) -> dict[str, np.ndarray]:
        """Arrays of the npz, in the dtypes of the data."""
        begin, frames = self._span(clip)
        gain = np.float32(self.plan.gain[clip])
        return {
            "exp": self._recording.exp[begin : begin + frames] * gain,
            "shape": np.tile(self._identities[self.plan.session[clip]], (frames, 1)),
            "pose": self._recording.pose[begin : begin + frames] * gain,
            "mocap_frame_rate": np.array(FPS),
        }

    def samples(self, clip: int) -> np.ndarray:
        """16-bit PCM at 16 kHz."""
        begin = self._span(clip)[0] * SAMPLES_PER_FRAME
        sound = self._recording.samples[begin : begin + self.plan.samples[clip]]
        return (sound * np.float32(32767 * self.plan.gain[clip])).astype("<i2")

    def transcript(self, clip: int) -> str:
        """About 2.5 words a second."""
        rng = np.random.default_rng([self.plan.seed, 2, clip])
        count = max(2, int(self.plan.samples[clip] / RATE * 2.5))
        rank = (len(self._vocabulary) ** rng.random(count)).astype(int)  # frequency falls as 1 / rank
        words = [self._vocabulary[r] for r in rank]
        if self.plan.language[clip] == "zh":
            chinese = _CHINESE.split()
            return "".join(chinese[r % len(chinese)] for r in rank) + "。"
        if self.plan.language[clip] == "de":
            german = _GERMAN.split()
            words = [word if k % 2 else german[rank[k] % len(german)] for k, word in enumerate(words)]
        words[0] = words[0].capitalize()
        if count > 8:
            words[count // 2] += ","
        return " ".join(words) + rng.choice([".", ".", "?"])

    def tokens(self, clip: int) -> np.ndarray:
        """Numbers of audio tokens, 12.5 a second of sound, the last one begun counting as one."""
        rng = np.random.default_rng([self.plan.seed, 3, clip])
        return rng.integers(0, TOKEN_VALUES, -(-self.plan.samples[clip] // SAMPLES_PER_TOKEN))

    def files(self, clip: int) -> dict[str, bytes]:
        """Bytes of the files of a clip, by folder."""
        return {
            MOTION: npz_bytes(self.motion(clip)),
            AUDIO: wav_bytes(self.samples(clip)),
            TRANSCRIPT: self.transcript(clip).encode(),
            TOKENS: npy_bytes(self.tokens(clip)),
        }

    def _span(self, clip: int) -> tuple[int, int]:
        """First frame in the recording, and number of frames: as many as the sound has begun."""
        frames = -(-int(self.plan.samples[clip]) // SAMPLES_PER_FRAME)
        return int(self.plan.offset[clip] * (self._recording.frames - frames)), frames

    @cached_property
    def _identities(self) -> Float[np.ndarray, "sessions 100"]:
        rng = np.random.default_rng([self.plan.seed, 4])
        return rng.standard_normal((int(self.plan.session.max()) + 1, COEFFICIENTS))

    @cached_property
    def _vocabulary(self) -> list[str]:
        rng = np.random.default_rng([self.plan.seed, 5])
        words = {"".join(rng.choice(_SYLLABLES.split(), rng.integers(1, 4))): None for _ in range(4000)}
        return sorted(words, key=len)  # frequent words are short


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """As `numpy.savez` writes them: the same arrays are the same bytes."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy_bytes(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def wav_bytes(samples: np.ndarray) -> bytes:
    data = samples.tobytes()
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE") + fmt + struct.pack("<4sI", b"data", len(data)) + data
    )


def _languages(rng: np.random.Generator, count: int) -> list[str]:
    """ "en", "de" or "zh" by session; with three sessions or more there is one of each."""
    drawn = rng.choice(["de", "zh", "en"], count, p=[0.02, 0.02, 0.96]).tolist()
    if count >= 3:
        drawn[1], drawn[2] = "de", "zh"
    return drawn


def _session_names(rng: np.random.Generator, languages: list[str]) -> list[str]:
    """Names as data sets from the web have them: video numbers, programmes with dates, other scripts."""
    names: dict[str, None] = {}
    for k, language in enumerate(languages):
        if language == "de":
            name = f"Gespräch-über-Müsli{k:03d}"
        elif language == "zh":
            name = f"对话{k:04d}"
        elif rng.random() < 0.7:
            name = "".join(rng.choice(_ID_LETTERS, 11))
        else:
            name = f"interview-20{rng.integers(10, 26)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        names[name if name not in names else f"{name}-{k}"] = None
    return list(names)
