"""Words and phones in time of the demo recordings, written to `phones.json`.

The LibriVox readings come with phone times (`*.phone.json`, pocketsphinx's own output); the other recordings are
aligned here with pocketsphinx and the words that are spoken in them. `phones.json` is committed, so that only someone
who adds a recording has to run this:

    python flame_assets/build/phones.py flame_assets/build/downloads/pocketsphinx-5.1.1.tar.gz
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tarfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int16

if TYPE_CHECKING:
    from pocketsphinx import Decoder

RATE = 16000
PHONES_FILE = Path(__file__).with_name("phones.json")

_DATA = "pocketsphinx-5.1.1/test/data/"
_AUSTEN = _DATA + "librivox/sense_and_sensibility_01_austen_64kb-"


@dataclass(frozen=True)
class Recording:
    """One recording inside the pocketsphinx source archive."""

    stem: str
    sound: str
    """Name in the archive without suffix."""
    words: str | None = None
    """What is said, where the archive has no transcript file."""


RECORDINGS = (
    Recording("librivox-austen_0870", _AUSTEN + "0870"),
    Recording("librivox-austen_0880", _AUSTEN + "0880"),
    Recording("librivox-austen_0890", _AUSTEN + "0890"),
    Recording("librivox-austen_0920", _AUSTEN + "0920"),
    Recording("librivox-austen_0930", _AUSTEN + "0930"),
    Recording("cmusphinx_0001", _DATA + "goforward", "go forward ten meters"),
    Recording("cmusphinx_0002", _DATA + "something", "go somewhere and do something"),
)


@dataclass(frozen=True)
class Segment:
    """A phone (ARPABET without stress, `SIL` for silence) and when it sounds, in seconds."""

    phone: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True)
class Word:
    """A word, or a silence (`text` is empty), with its phones."""

    text: str
    phones: tuple[Segment, ...]

    @property
    def start(self) -> float:
        return self.phones[0].start

    @property
    def end(self) -> float:
        return self.phones[-1].end


def load_words(stem: str, path: Path = PHONES_FILE) -> list[Word]:
    """Words of a clip in order, silences included."""
    clip = json.loads(path.read_text(encoding="utf-8"))["clips"][stem]
    return [Word(text, tuple(Segment(*phone) for phone in phones)) for text, phones in clip["words"]]


def load_transcript(stem: str, path: Path = PHONES_FILE) -> str:
    """What is said in a clip."""
    return json.loads(path.read_text(encoding="utf-8"))["clips"][stem]["transcript"]


def read_sound(archive: tarfile.TarFile, recording: Recording) -> Int16[np.ndarray, " N"]:
    """Samples at 16 kHz, mono, from the `.wav` or the headerless `.raw` of a recording."""
    names = set(archive.getnames())
    if recording.sound + ".wav" in names:
        with wave.open(io.BytesIO(_read(archive, recording.sound + ".wav"))) as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (RATE, 1, 2):
                raise ValueError(f"{recording.sound}.wav: {sound.getparams()}; expected 16 kHz mono 16 bit")
            data = sound.readframes(sound.getnframes())
    else:
        data = _read(archive, recording.sound + ".raw")
    return np.frombuffer(data, "<i2").astype(np.int16)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{archive.name}: {name} is no file")
    return member.read()


def _shipped_words(phone_json: bytes) -> list[Word]:
    return [
        _word(word["t"], [(p["t"], p["b"], p["b"] + p["d"]) for p in word["w"]]) for word in json.loads(phone_json)["w"]
    ]


def _word(name: str, phones: list[tuple[str, float, float]]) -> Word:
    text = "" if name.startswith("<") else re.sub(r"\(\d+\)$", "", name)
    return Word(text, tuple(Segment(phone, round(start, 3), round(end, 3)) for phone, start, end in phones))


def align(sound: Int16[np.ndarray, " N"], text: str, *, pad: float = 0.25) -> list[Word]:
    """Align `text` to `sound` with pocketsphinx: two passes, words first, then their phones.

    Faint noise of `pad` seconds on either side gives the aligner silence to begin and end with. `bestpath` off and wide
    beams, because the defaults lose whole recordings.
    """
    from pocketsphinx import Decoder  # to build the clips it need not be there

    n_pad = round(pad * RATE)
    hiss = np.random.default_rng(0).integers(-3, 4, n_pad).astype(np.int16)
    data = np.concatenate([hiss, sound, hiss]).tobytes()
    decoder = Decoder(samprate=RATE, bestpath=False, loglevel="FATAL", beam=1e-120, wbeam=1e-120, pbeam=1e-120)
    decoder.set_align_text(text)
    _decode(decoder, data)
    decoder.set_alignment()
    _decode(decoder, data)
    length = len(sound) / RATE

    def seconds(frame: int) -> float:
        return min(max(frame / 100 - pad, 0.0), length)

    words = [
        _word(word.name, [(p.name, seconds(p.start), seconds(p.start + p.duration)) for p in word])
        for word in decoder.get_alignment()
    ]
    return [word for word in words if word.end > word.start]


def _decode(decoder: Decoder, data: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()


def main() -> None:
    parser = argparse.ArgumentParser(description="Write phones.json from the pocketsphinx 5.1.1 source archive.")
    parser.add_argument("archive", type=Path, help="pocketsphinx-5.1.1.tar.gz")
    args = parser.parse_args()
    clips = {}
    with tarfile.open(args.archive) as archive:
        for recording in RECORDINGS:
            if recording.words is None:
                words = _shipped_words(_read(archive, recording.sound + ".phone.json"))
                transcript = _read(archive, recording.sound + ".txt").decode("ascii").strip()
            else:
                transcript = recording.words
                words = align(read_sound(archive, recording), transcript)
            clips[recording.stem] = {
                "transcript": transcript,
                "words": [[w.text, [[p.phone, p.start, p.end] for p in w.phones]] for w in words],
            }
    _write(clips)


def _write(clips: dict) -> None:
    about = (
        "Phone times in seconds by pocketsphinx 5.1.1 (BSD-2-Clause, Carnegie Mellon University): estimates, no truth."
    )
    lines = [f'{{"about": {json.dumps(about)},', '"clips": {']
    for i, (stem, clip) in enumerate(clips.items()):
        lines.append(f'{json.dumps(stem)}: {{"transcript": {json.dumps(clip["transcript"])}, "words": [')
        lines.append(",\n".join("  " + json.dumps(word) for word in clip["words"]))
        lines.append("]}" + ("," if i < len(clips) - 1 else ""))
    PHONES_FILE.write_text("\n".join(lines) + "\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
