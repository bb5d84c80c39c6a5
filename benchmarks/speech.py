"""How accurate words in time are, and what finding them costs.

Accuracy is measured on speech that `flite` synthesises (its own output says when each phone sounds; install it with
`apt install flite`), and on word starts of the demo clips that were marked by eye. The estimate stands beside it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.speech.clips import BY_EYE, clip_of, demo
from viewer.clip import Clip
from viewer.speech import align, detect_voice
from viewer.speech.transcript import tokens
from viewer.words import estimate_words

VOICES = ("slt", "rms", "awb", "kal16")
SENTENCES = (
    "so what I usually do is start with a simple question and listen to the answer",
    "that sounds like a really good plan but we should probably talk about the budget first",
    "I have been thinking about moving to a smaller town near the mountains",
    "could you please explain how the new machine works before we begin",
    "my brother bought a big blue boat and sailed it across the bay",
    "people often forget that most problems have more than one solution",
    "we spent the whole summer painting the old kitchen bright yellow",
    "the meeting was moved from Monday morning to Thursday afternoon",
    "maybe you could bring some bread and a bottle of apple juice",
    "nobody expected the little shop to become so popular",
    "she wrote the first chapter in a week and the second in a year",
    "it is hard to believe that five years have passed since then",
    "the children were playing football behind the school when it began to rain",
    "if you ask me the best part of the trip was the food",
    "there is a small park around the corner where people walk their dogs",
)
WITHIN = 0.04
MORE_ROUNDS = 5


def main() -> None:
    by_eye()
    if shutil.which("flite"):
        synthesised()
    else:
        print("synthesised speech: flite is not installed (apt install flite)")
    cost()


def by_eye() -> None:
    found, spread = [], []
    for stem, marks in BY_EYE.items():
        clip = demo(stem)
        aligned, estimated = align(clip), estimate_words(clip)
        for index, _text, start in marks:
            found.append(aligned.words[index].start - start)
            spread.append(estimated[index].start - start)
    tell(f"demo clips, {len(found)} word starts marked by eye", found, spread)


def synthesised() -> None:
    found, spread, weak, right, refused = [], [], 0, 0, 0
    wrong: list[float] = []
    clips = [(clip, starts) for voice in VOICES for clip, starts in spoken(voice)]
    for number, (clip, starts) in enumerate(clips):
        aligned = align(clip)
        other = clips[(number + 7) % len(clips)][0].transcript
        wrong.append(align(replace(clip, transcript=other)).status == "aligned")
        if aligned.status != "aligned":
            refused += 1
            continue
        right += len(starts)
        weak += sum(word.weak for word in aligned.words)
        found += [word.start - start for word, start in zip(aligned.words, starts, strict=True)]
        spread += [word.start - start for word, start in zip(estimate_words(clip), starts, strict=True)]
    tell(f"flite, {len(clips)} clips of {len(VOICES)} voices, {right} words", found, spread)
    print(
        f"  right transcripts taken for wrong ones {refused / len(clips):.1%}, words taken for weak {weak / right:.1%}"
    )
    print(f"  transcripts of other clips taken for right ones {np.mean(wrong):.1%}")


def tell(what: str, found: list[float], spread: list[float]) -> None:
    errors, others = np.abs(found), np.abs(spread)
    print(f"{what}:")
    for name, values in (("aligned", errors), ("estimated", others)):
        share = np.mean(values <= WITHIN + 1e-9)
        print(
            f"  {name:9} within {WITHIN * 1000:.0f} ms {share:.1%}, within 100 ms {np.mean(values <= 0.1):.1%}, "
            f"median {np.median(values) * 1000:.0f} ms"
        )


def spoken(voice: str) -> Iterator[tuple[Clip, list[float]]]:
    """Clips of the sentences, and when their words start, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        for sentence in SENTENCES:
            phones = synthesise(voice, sentence, wav)
            samples, rate = soundfile.read(wav)
            counts = [len(synthesise(voice, token.text, Path(folder) / "word.wav")) for token in tokens(sentence)]
            said = [start for label, start, _ in phones if label != "pau"]
            if sum(counts) != len(said):
                continue  # a word sounds otherwise in its sentence: which phones are whose is not known
            starts = [said[first] for first in np.cumsum([0, *counts[:-1]])]
            yield clip_of(samples, sentence, rate=rate), starts


def synthesise(voice: str, text: str, wav: Path) -> list[tuple[str, float, float]]:
    """Phones of a text with start and end in seconds, without pauses at both ends; its sound is written."""
    done = subprocess.run(
        ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(wav)], capture_output=True, text=True, check=True
    )
    found, start = [], 0.0
    for entry in done.stdout.split():
        label, _, end = entry.rpartition(":")
        found.append((label, start, float(end)))
        start = float(end)
    return [phone for phone in found if phone[0] != "pau"]


def cost() -> None:
    clips = [demo(stem) for stem in BY_EYE]
    seconds = sum(clip.audio.seconds for clip in clips if clip.audio)
    align(clips[0])
    detect = [clip.audio for clip in clips if clip.audio]
    for name, work in (
        ("words and phones", lambda: [align(clip) for clip in clips]),
        ("voice", lambda: [detect_voice(audio) for audio in detect]),
    ):
        work()
        before, start = memory(), time.process_time()
        rounds = 2
        for _ in range(rounds):
            work()
        share = (time.process_time() - start) / (rounds * seconds)
        for _ in range(MORE_ROUNDS):
            work()
        grown = memory() - before
        count = len(clips) * (rounds + MORE_ROUNDS)
        print(f"{name}: {share:.3f}× real time of one core; memory after {count} more clips {grown:+.1f} MB")


def memory() -> float:
    """Resident memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
