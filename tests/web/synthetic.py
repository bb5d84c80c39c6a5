"""A data set that is only summaries: as large as wanted, without files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from viewer.clip import Flag
from viewer.dataset.summary import ClipSummary
from viewer.transaction import transaction
from viewer.web.library import Library

TEXT = "the quick brown fox jumps over a lazy dog while seven wizards quietly judge my vow of silence"
WORDS = TEXT.split()
CLIPS_PER_SESSION = 40
NO_SOUND = Flag("no-audio", "There is no sound.")
CUT = Flag("audio-longer", "The sound is 0.40 s longer than the motion.")


def summary(number: int) -> ClipSummary:
    """Clip `number`: 4 to 12 s, every 10th for validation, every 97th without sound."""
    silent = number % 97 == 5
    text = " ".join(WORDS[(number * 7 + word * 5) % len(WORDS)] for word in range(5 + number % 17))
    frames = 100 + number * 37 % 200
    return ClipSummary(
        stem=stem(number),
        splits=("val" if number % 10 == 3 else "test" if number % 10 == 7 else "train",),
        frames=frames,
        fps=25.0,
        seconds=frames / 25,
        audio_seconds=None if silent else frames / 25,
        audio_format=None if silent else "PCM 16-bit, 16000 Hz, mono",
        has_motion=True,
        has_audio=not silent,
        has_transcript=True,
        transcript=f"{text} {number}",
        flags=(NO_SOUND,) if silent else (CUT,) if number % 31 == 4 else (),
    )


def stem(number: int) -> str:
    return f"session{number // CLIPS_PER_SESSION:05}_{number % CLIPS_PER_SESSION:03}"


class SyntheticDataset:
    """Stands in for a Dataset where the catalogue reads it."""

    name = "synthetic"
    identity = ""
    expression_space = "arkit52"
    warnings = ()
    complete = True
    revision = 1

    def __init__(self, path: Path, clips: int, *, before: Callable[[str], None] = lambda stem: None) -> None:
        """before: called with each stem before its summary is given."""
        self.path = path
        self._numbers = {stem(number): number for number in range(clips)}
        self._before = before

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(self._numbers)

    def listing(self) -> tuple[tuple[str, ...], bool]:
        return self.stems, self.complete

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def fingerprint(self, name: str) -> str:
        return str(self._numbers[name])

    def summary(self, name: str, *, keep: bool = True) -> ClipSummary:
        self._before(name)
        return summary(self._numbers[name])

    def refresh(self) -> bool:
        return False


class FilledLibrary(Library):
    """A library whose catalogue was filled by SQL alone, a million clips in seconds; there is nothing to search in."""

    complete = True

    def __init__(self, folder: Path, clips: int) -> None:
        super().__init__(SyntheticDataset(folder / "data", 0), cache=folder / "cache")
        with self.catalogue._store.connection() as connection, transaction(connection, "IMMEDIATE"):
            connection.execute(
                "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
                "INSERT INTO clips "
                "(stem, session, splits, frames, seconds, fps, words, modalities, playable, fingerprint) "
                "SELECT printf('session%05d_%03d', i / 40, i % 40), printf('session%05d', i / 40), 'train', "
                "100 + i * 37 % 200, (100 + i * 37 % 200) / 25.0, 25.0, i % 30, 'motion audio', 1, '' FROM n",
                (clips,),
            )
            connection.execute("INSERT INTO details (id, text) SELECT id, 'clip ' || stem FROM clips")
            connection.execute("CREATE INDEX by_seconds ON clips (seconds, stem)")
            connection.execute("UPDATE about SET version = version + 1")
