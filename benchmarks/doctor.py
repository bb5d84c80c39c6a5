"""Reading every byte of a data set with `viewer doctor`, against np.load and soundfile over its archives.

    python benchmarks/doctor.py [--clips 1000]

The replica is made for the occasion. The plain way takes the archives member by member with `tarfile` in one process,
and checks nothing but that a member can be decoded. The second run of doctor finds that nothing has changed.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.make_replica import make_replica
from viewer.dataset import Dataset
from viewer.dataset.doctor import EVERYTHING, HEADERS, diagnose


def decode_all(root: Path) -> int:
    """Number of members that could be decoded."""
    decoded = 0
    for archive in sorted(root.glob("*.tar")):
        with tarfile.open(archive) as tar:
            for member in tar:
                if not member.isfile():
                    continue
                data = tar.extractfile(member).read()  # type: ignore[union-attr] (None for what is no file)
                match Path(member.name).suffix:
                    case ".npz":
                        with np.load(io.BytesIO(data)) as arrays:
                            decoded += all(len(arrays[key].tobytes()) for key in arrays.files)
                    case ".npy":
                        decoded += len(np.load(io.BytesIO(data))) > 0
                    case ".wav":
                        decoded += len(soundfile.read(io.BytesIO(data))[0]) > 0
                    case ".txt":
                        decoded += bool(data.decode())
    return decoded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    n_clips = parser.parse_args().clips
    with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as folder:
        root = make_replica(Path(folder) / "replica", clips=n_clips)
        cache = Path(folder) / "cache"
        dataset = Dataset.open(root, cache=cache)
        seconds = {}
        for name, depth in (("headers", HEADERS), ("every byte", EVERYTHING), ("every byte, again", EVERYTHING)):
            start = time.perf_counter()
            found = diagnose(dataset, cache=cache, depth=depth)
            seconds[name] = time.perf_counter() - start
            assert found.findings == ()
        start = time.perf_counter()
        assert decode_all(root) == 4 * n_clips
        plain = time.perf_counter() - start
    for name, took in seconds.items():
        print(f"doctor, {name:18} {took:8.2f} s   {1e3 * took / n_clips:.2f} ms a clip")
    print(f"decoding alone, plainly    {plain:8.2f} s   {1e3 * plain / n_clips:.2f} ms a clip")
    first, again = seconds["every byte"] / plain, seconds["every byte, again"] / plain
    print(f"doctor takes {first:.2f} of the plain time, {again:.2f} when nothing has changed")


if __name__ == "__main__":
    main()
