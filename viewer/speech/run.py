"""Words of many clips, into files: a job that goes on where an earlier run stopped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

from viewer import jobs
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import JobError
from viewer.filenames import FileNames
from viewer.paths import whole_file
from viewer.speech import formats
from viewer.speech.align import METHOD
from viewer.speech.alignment import Alignment
from viewer.speech.cache import SpeechCache, installed

FORMATS: dict[str, Callable[[Clip, Alignment], str]] = {
    "textgrid": lambda clip, words: formats.textgrid(words, clip.seconds),
    "json": lambda clip, words: formats.as_json(clip.stem, words),
    "vtt": lambda _, words: formats.vtt(words),
    "table": lambda _, words: formats.table(words),
}
"""How the words of a clip are written."""
SUFFIXES = {"textgrid": ".TextGrid", "json": ".json", "vtt": ".vtt", "table": ".txt"}
_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True)
class WordsJob:
    """Finds the words of the clip of a stem, in whatever process it is called."""

    reopen: Callable[[], Dataset]
    cache: Path
    format: str | None
    """Of FORMATS; None: no text is made."""
    out: Path | None
    """Folder for the texts, which must exist; None: they are returned."""

    def __call__(self, stem: str) -> dict[str, Any]:
        """status, confidence, message, n_words, n_weak, and the text where there is no folder to write it to."""
        clip = self._dataset[stem]
        found = SpeechCache(self.cache).alignment(clip)
        text = None if self.format is None else FORMATS[self.format](clip, found)
        if self.format is not None and self.out is not None:
            with whole_file(output_file(self.out, self._names[stem], self.format), error=JobError) as path:
                path.write_text(text or "", encoding="utf-8", errors="backslashreplace")
            text = None
        return {
            "status": found.status,
            "confidence": found.confidence,
            "message": found.message,
            "n_words": len(found.words),
            "n_weak": sum(word.weak for word in found.words) if found.status == "aligned" else 0,
            "text": text,
        }

    @cached_property
    def _dataset(self) -> Dataset:
        return self.reopen()

    @cached_property
    def _names(self) -> FileNames:
        return FileNames(self._dataset.stems)


def words_of(
    dataset: Dataset,
    stems: Sequence[str],
    *,
    reopen: Callable[[], Dataset],
    cache: Path,
    format: str | None,
    out: Path | None,
    progress: Callable[[int, int, int], None] | None = None,
    **how: Unpack[jobs.How],
) -> jobs.KeptResults:
    """What became of each clip, in the order of the stems; values as `WordsJob` returns them.

    reopen: opens the same data set in another process, so pickle must be able to send it.
    format, out: as in `WordsJob`.
    progress, how (engine, shard, processes): as for `jobs.run`.

    A clip that cannot be read, or that ends its process, is a result that is not ok. Raises JobError.
    """
    names = FileNames(dataset.stems)
    name = hashlib.sha256(repr((os.fspath(dataset.path), format, out)).encode("utf-8", "surrogateescape")).hexdigest()

    def is_there(result: jobs.Result) -> bool:
        return format is None or out is None or output_file(out, names[result.key], format).exists()

    return jobs.run(
        WordsJob(reopen, cache, format, out),
        stems,
        out=cache / "speech" / "runs" / name[:16],
        content=dataset.fingerprint,
        version=f"{METHOD} {installed('pocketsphinx')}",
        usable=is_there,  # files that somebody took away are written again, from the cache
        timeout=_TIMEOUT_SECONDS,
        retry=True,  # what failed may have been short of memory
        progress=progress,
        **how,
    )


def output_file(out: Path, name: str, format: str) -> Path:
    """The file of a clip in a folder; name: that of `FileNames`."""
    return out / f"{name}{SUFFIXES[format]}"
