"""Build the demo data set `flame_assets/demo` from recordings, phone times and the demo head.

    pip download --no-binary :all: --no-deps -d flame_assets/build/downloads pocketsphinx==5.1.1
    PYTHONPATH=. python flame_assets/build/clips.py flame_assets/build/downloads/pocketsphinx-5.1.1.tar.gz [--check]

The motion is authored, not captured: jaw and lips from phone times (`coarticulation`, `lip_contact`), the rest of the
face from prosody (`gestures`). Run it again after the head has changed: lip contact follows the head's geometry.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from coarticulation import Mouth, blend, pulls
from gestures import Speech, blinks, breath, brows, gaze, head_rotation
from jaxtyping import Float, Float32, Float64, Int16
from lip_contact import CONTACTS, NARROWED, SEALED, TUCKED, LipGap, close_lips, contact
from phones import RATE, RECORDINGS, Segment, load_transcript, load_words, read_sound
from prosody import accents, effort

from viewer.flame import FlameModel

ASSETS = Path(__file__).resolve().parents[1]
FPS = 25
HEAD_FILE = ASSETS / "demo_head.npz"
DATASET = ASSETS / "demo"
SAMPLES_PER_FRAME = RATE // FPS
_AUTHORED_RATE = 200
_JAW_SCALE = 0.80
"""Brings the jaw to the mean of captured FLAME tracks, about 4 degrees over speech."""
_SEALED_JAW_DEGREES = 3.0
"""The jaw is no lower than this while the lips are shut."""

SPLITS = {
    "train": ("librivox-austen_0870", "librivox-austen_0890", "librivox-austen_0920", "cmusphinx_0001"),
    "val": ("librivox-austen_0880", "cmusphinx_0002"),
    "test": ("librivox-austen_0930",),
}

# Identity coefficients by session, the first 20; the rest are 0.
IDENTITIES: dict[str, tuple[float, ...]] = {
    "librivox-austen": (
        -1.4,
        0.41,
        0.17,
        -0.65,
        0.45,
        0.22,
        -0.27,
        0.29,
        0.18,
        0.15,
        0.01,
        0.27,
        -0.37,
        -0.08,
        -0.24,
        0.3,
        0.02,
        -0.15,
        -0.39,
        -0.13,
    ),
    "cmusphinx": (
        -0.4,
        0.84,
        0.98,
        0.22,
        0.29,
        -0.34,
        -0.64,
        -0.63,
        -0.7,
        0.65,
        -0.04,
        0.09,
        -0.45,
        -0.76,
        -0.84,
        -0.59,
        0.42,
        0.01,
        -0.32,
        -0.17,
    ),
}

ABOUT = {
    "name": "Demo clips",
    "expression_space": "arkit52",
    "motion": "Authored from phone times with co-articulation; not captured from people.",
    "sessions": {
        "librivox-austen": {
            "source": "Sense and Sensibility by Jane Austen, chapter 1, read for LibriVox; excerpts and transcripts as "
            "shipped in the test data of pocketsphinx 5.1.1 (PyPI)",
            "licence": "public domain (LibriVox recordings are dedicated to it); phone times BSD-2-Clause",
        },
        "cmusphinx": {
            "source": "goforward.raw and something.raw from the test data of pocketsphinx 5.1.1 (PyPI), "
            "Carnegie Mellon University",
            "licence": "BSD-2-Clause, as the package they are part of",
        },
    },
    "licence": "motion: CC0-1.0; sound and transcripts: see sessions",
}


@dataclass(frozen=True)
class BuiltClip:
    """One clip as it is written."""

    stem: str
    exp: Float32[np.ndarray, "T 100"]
    shape: Float64[np.ndarray, "T 100"]
    pose: Float32[np.ndarray, "T 6"]
    sound: Int16[np.ndarray, " N"]
    transcript: str


def build_clip(stem: str, sound: Int16[np.ndarray, " N"], head: FlameModel) -> BuiltClip:
    """Author the motion of one recording at 25 frames a second; frame f shows the face at its middle, (f + .5) / 25 s.

    The sound is padded with silence to a whole number of frames, so that both last equally long.
    """
    n_frames = -(-len(sound) // SAMPLES_PER_FRAME)
    sound = np.pad(sound, (0, n_frames * SAMPLES_PER_FRAME - len(sound)))
    times = (np.arange(n_frames) + 0.5) / FPS
    words = load_words(stem)
    speech = Speech(stem, words, accents(words, sound), n_frames / FPS)
    segments = [phone for word in words for phone in word.phones]

    fine = np.arange(-0.1, n_frames / FPS + 0.1, 1 / _AUTHORED_RATE)
    mouth = blend(pulls(segments, effort(words, sound)), fine)
    mouth = Mouth(np.interp(times, fine, mouth.jaw), {k: np.interp(times, fine, v) for k, v in mouth.weights.items()})
    shape = np.zeros((n_frames, 100))
    identity = IDENTITIES[stem.rpartition("_")[0]]
    shape[:, : len(identity)] = identity
    weights, jaw = _with_contact(mouth, speech, segments, times, shape, head)

    pose = np.zeros((n_frames, 6), np.float32)
    pose[:, :3] = head_rotation(speech, times)
    pose[:, 3] = jaw
    for gesture in (blinks(speech, times), brows(speech, times), gaze(speech, times, pose[:, :3])):
        weights |= gesture
    return BuiltClip(stem, _exp(weights, head), shape, pose, sound, load_transcript(stem))


def _with_contact(
    mouth: Mouth,
    speech: Speech,
    segments: list[Segment],
    times: Float[np.ndarray, " T"],
    shape: Float64[np.ndarray, "T 100"],
    head: FlameModel,
) -> tuple[dict[str, Float[np.ndarray, " T"]], Float[np.ndarray, " T"]]:
    """Weights by ARKit name, and the jaw in radians, with lips closed or tucked where a phone asks for it."""
    sealed, tucked = contact(segments, SEALED, times), contact(segments, TUCKED, times)
    random = speech.random("mouth")
    breathing = breath(speech, times)
    jaw = np.maximum(_JAW_SCALE * mouth.jaw + 1.3 * breathing, 0)
    jaw = np.deg2rad(jaw - sealed * np.maximum(jaw - _SEALED_JAW_DEGREES, 0))
    base = dict(mouth.weights)
    for name in ("mouthLowerDown", "mouthUpperUp", "mouthFunnel"):
        base[name] = base[name] * (1 - 0.9 * sealed)
    base["mouthUpperUp"] = base["mouthUpperUp"] * (1 - tucked) + 0.34 * tucked * (1 - sealed)
    base["mouthLowerDown"] = base["mouthLowerDown"] * (1 - tucked) + 0.05 * breathing
    base["mouthRollLower"] = np.maximum(0.48 * tucked * (1 - sealed), 0.10 * sealed)
    base["mouthRollUpper"] = 0.06 * sealed
    base["mouthPress"] = 0.14 * sealed
    base["mouthSmile"] = base["mouthSmile"] + 0.08
    weights = _sided(base, random, head.expression_names)

    lips = np.flatnonzero(head.part == head.part_names.index("lips"))
    measure = LipGap(head, lips)
    pose = np.zeros((len(times), 6))
    pose[:, 3] = jaw

    def gap_with(amount: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        return measure(head.vertices(exp=_exp(weights | {"mouthClose": amount}, head), pose=pose, shape=shape))

    contacts = [(contact(segments, (p,), times), CONTACTS[p].gap_mm) for p in (*SEALED, *TUCKED, *NARROWED)]
    weights["mouthClose"] = close_lips(gap_with=gap_with, contacts=contacts)
    return weights, jaw


def _sided(
    base: dict[str, Float[np.ndarray, " T"]], random: np.random.Generator, names: tuple[str, ...]
) -> dict[str, Float[np.ndarray, " T"]]:
    """Left and right of each paired weight, a few per cent apart, as faces are."""
    lean = dict(zip("LR", 1 + 0.06 * random.normal() * np.array([1, -1]), strict=True))
    result = {}
    for name, curve in base.items():
        if name in names:
            result[name] = curve
        else:
            result |= {f"{name}_{side}": gain * curve for side, gain in lean.items()}
    return result


def _exp(weights: dict[str, Float[np.ndarray, " T"]], head: FlameModel) -> Float32[np.ndarray, "T 100"]:
    """Coefficients in the order of the head's expression names, 0..1; the rest of the 100 are 0."""
    exp = np.zeros((len(next(iter(weights.values()))), 100), np.float32)
    for name, curve in weights.items():
        exp[:, head.expression_names.index(name)] = np.clip(curve, 0, 1)
    return exp


def build_all(archive_path: Path, head: FlameModel) -> list[BuiltClip]:
    """Every clip of the data set, in the order of `RECORDINGS`."""
    with tarfile.open(archive_path) as archive:
        return [build_clip(r.stem, read_sound(archive, r), head) for r in RECORDINGS]


def write(clips: list[BuiltClip], folder: Path) -> None:
    """Write the data set in its layout."""
    for name in ("FLAME_coeffs_25", "audios", "transcripts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for clip in clips:
        np.savez_compressed(
            folder / "FLAME_coeffs_25" / f"{clip.stem}.npz",
            exp=clip.exp,
            shape=clip.shape,
            pose=clip.pose,
            mocap_frame_rate=np.int64(FPS),
        )
        with wave.open(str(folder / "audios" / f"{clip.stem}.wav"), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(clip.sound.astype("<i2").tobytes())
        (folder / "transcripts" / f"{clip.stem}.txt").write_text(clip.transcript + "\n", encoding="utf-8")
    for split, stems in SPLITS.items():
        (folder / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")
    (folder / "dataset.json").write_text(json.dumps(ABOUT, indent=2) + "\n", encoding="utf-8")


def differences(clips: list[BuiltClip], folder: Path) -> list[str]:
    """What the data set in `folder` has other than `clips`; arrays may differ by rounding (1e-4)."""
    found = []
    for clip in clips:
        with np.load(folder / "FLAME_coeffs_25" / f"{clip.stem}.npz") as stored:
            for name in ("exp", "shape", "pose"):
                new, old = getattr(clip, name), stored[name]
                if new.shape != old.shape or new.dtype != old.dtype:
                    found.append(f"{clip.stem}: {name} is {old.dtype}{old.shape}, built {new.dtype}{new.shape}")
                elif not np.allclose(new, old, rtol=0, atol=1e-4):
                    found.append(f"{clip.stem}: {name} differs by up to {np.abs(new - old).max():.2g}")
        with wave.open(str(folder / "audios" / f"{clip.stem}.wav")) as sound:
            if sound.readframes(sound.getnframes()) != clip.sound.astype("<i2").tobytes():
                found.append(f"{clip.stem}: sound differs")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the demo data set.")
    parser.add_argument("archive", type=Path, help="pocketsphinx-5.1.1.tar.gz")
    parser.add_argument("--head", type=Path, default=HEAD_FILE)
    parser.add_argument("--out", type=Path, default=DATASET)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if --out holds anything else")
    args = parser.parse_args()
    clips = build_all(args.archive, FlameModel.load(args.head))
    if not args.check:
        write(clips, args.out)
    elif found := differences(clips, args.out):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
