"""What `viewer.jobs` costs a key beside the work itself, what a run costs that finds all done, and Ray against it.

    python benchmarks/jobs.py [--keys 12669] [--clips 2000]

The job of the first part returns what a check of a clip returns, three kilobytes, and does nothing for it. The second
measures the motion of clips of a replica that is made for the occasion, with both engines; it needs Ray
(requirements-ray.txt). Rates are those from the first result to the last: starting processes, or Ray, stands apart.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from functools import partial

from benchmarks.make_replica import make_replica
from viewer.dataset import Dataset
from viewer.flame import choose_head
from viewer.jobs import cores, run
from viewer.quality.run import measure_dataset

VALUE = "x" * 3000
ENGINES = ("local", "ray")
TIMES = 2
"""Of which the faster one counts."""


def nothing(_key: str) -> str:
    return VALUE


class Watch:
    """Notes when the first results came, and the last."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.first: tuple[float, int] | None = None
        self.last = (0.0, 0)

    def __call__(self, done: int, failed: int, total: int) -> None:
        now = time.perf_counter() - self.start
        if done and self.first is None:
            self.first = now, done
        if done > self.last[1]:
            self.last = now, done

    @property
    def rate(self) -> float:
        """Keys a second."""
        assert self.first is not None
        return (self.last[1] - self.first[1]) / (self.last[0] - self.first[0])

    def told(self, name: str) -> None:
        assert self.first is not None
        print(f"{name:34} {self.rate:8.0f}/s   {1e3 / self.rate:6.2f} ms a key   first after {self.first[0]:5.1f} s")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(seconds, seconds of this process's own cores)."""
    wall, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=12_669)
    parser.add_argument("--clips", type=int, default=2000)
    asked = parser.parse_args()
    keys = [f"key_{n:06d}" for n in range(asked.keys)]
    with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as name:
        folder = Path(name)
        watch = Watch()
        seconds, _ = timed(lambda: run(nothing, keys, out=folder / "nothing", progress=watch))
        watch.told(f"nothing, {cores()} processes")
        print(f"{'  all of it':34} {asked.keys / seconds:8.0f}/s   {1e3 * seconds / asked.keys:6.2f} ms a key")
        seconds, own = timed(lambda: run(nothing, keys, out=folder / "nothing"))
        print(f"{'  again, all done':34} {seconds:8.2f} s  of which {own:.2f} s are this process's")
        if importlib.util.find_spec("ray") is None:
            print("Ray is not installed: pip install -r requirements-ray.txt")
            return
        root, cache = make_replica(folder / "replica", clips=asked.clips), folder / "cache"
        reopen = partial(Dataset.open, root, cache=cache)
        dataset = reopen()
        head = choose_head("auto", expression_space=dataset.expression_space)
        rates = dict.fromkeys(ENGINES, 0.0)
        for number in range(TIMES):
            for engine in ENGINES:
                watch, out = Watch(), folder / f"{engine}{number}"
                measure_dataset(
                    dataset, head=head, out=out, cache=cache, reopen=reopen, speech=False, progress=watch, engine=engine
                )
                watch.told(f"checks of motion, {engine}")
                rates[engine] = max(rates[engine], watch.rate)
        print(f"Ray does {rates['ray'] / rates['local']:.2f} times as many checks a second as processes of our own")


if __name__ == "__main__":
    main()
