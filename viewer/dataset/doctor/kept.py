"""What an earlier run found out: a run reads only what changed since, or was not reached by one that was killed.

One line of JSON for each clip, appended as clips are read. The file is disposable: a line that cannot be understood,
such as the last one of a run that was killed, is a clip that is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.rules import VERSION
from viewer.paths import why_not_written

_MAX_BYTES = 1 << 30


class Kept:
    """Facts of earlier runs over one data set. Trouble with the cache folder is told in `warning`, never raised."""

    def __init__(self, cache: Path, identity: str):
        """`identity`: what tells this data set, opened in this way, from all others."""
        name = hashlib.sha256(f"{VERSION}|{identity}".encode(errors="surrogatepass")).hexdigest()[:24]
        self.path = cache / "doctor" / f"{name}.jsonl"
        self.warning: str | None = None
        self._known: dict[str, tuple[str, ClipFacts]] = {}
        self._load()

    def find(self, stem: str, fingerprint: str, *, read: bool) -> ClipFacts | None:
        """Facts of a clip that has not changed since; `read`: only if all of its bytes were read."""
        known = self._known.get(stem)
        if known is None or known[0] != fingerprint or (read and not known[1].read):
            return None
        return known[1]

    def add(self, found: Iterable[tuple[str, ClipFacts]]) -> None:
        """Keep facts, each with the fingerprint of its clip."""
        lines = [
            json.dumps({"fingerprint": fingerprint, **facts.as_json()}, ensure_ascii=False, allow_nan=False) + "\n"
            for fingerprint, facts in found
        ]
        if not lines or self.warning is not None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write("".join(lines).encode(errors="surrogatepass"))
        except OSError as error:
            self._give_up(error)

    def _load(self) -> None:
        try:
            if self.path.stat().st_size > _MAX_BYTES:
                self.path.unlink()
            with self.path.open("rb") as file:
                for line in file:
                    self._load_line(line)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.warning = f"what was read is not kept for the next run: {self.path}: {why_not_written(error)}"

    def _load_line(self, line: bytes) -> None:
        try:
            value = json.loads(line.decode(errors="surrogatepass"))
            fingerprint = value.pop("fingerprint")
            facts = ClipFacts.from_json(value)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return  # that clip is read again
        known = self._known.get(facts.stem)
        if known is None or known[0] != fingerprint or facts.read or not known[1].read:
            self._known[facts.stem] = (fingerprint, facts)
