"""Peak memory of judging all clips of a data set, from results that runs have kept: for 1,000, 12,669, 50,000 clips.

python benchmarks/check_memory.py [N ...]

Results are those of the demo clips, with other numbers for each clip. Each count has a process of its own, which does
what `check --json` does once all is measured, and looks for clips that are alike and odd. Fails where a clip more takes
more than 5 KB.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from viewer.cli.check_text import json_lines
from viewer.dataset import Dataset
from viewer.flame import choose_head
from viewer.quality import Geometry, Inputs, QualityResults, measure
from viewer.quality.registry import STAGES
from viewer.quality.results import write_about

COUNTS = (1_000, 12_669, 50_000)
LIMIT_KB = 5.0
_JUDGE = "--judge"


def main() -> int:
    if sys.argv[1:2] == [_JUDGE]:
        judge(Path(sys.argv[2]))
        return 0
    counts = [int(text) for text in sys.argv[1:]] or list(COUNTS)
    dataset = Dataset.demo()
    geometry = Geometry(choose_head(expression_space=dataset.expression_space))
    measured = [measure(Inputs(dataset[stem], geometry=geometry)).as_json() for stem in dataset.stems]
    peaks: list[tuple[int, float]] = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            keep(Path(folder), measured, count)
            ran = subprocess.run([sys.executable, __file__, _JUDGE, folder], check=True, stdout=subprocess.PIPE)
        found = json.loads(ran.stdout)
        peaks.append((count, found["peak_mb"]))
        print(f"{count:7,} clips: {found['before_mb']:4.0f} MB before, {found['peak_mb']:4.0f} MB at most, "
              f"{found['seconds']:5.1f} s")  # fmt: skip
    if len(peaks) < 2:
        return 0
    (fewest, low), (most, high) = min(peaks), max(peaks)
    each = 1000 * (high - low) / (most - fewest)
    print(f"{each:.1f} KB a clip (limit {LIMIT_KB:g})")
    return int(each > LIMIT_KB)


def keep(folder: Path, measured: list[dict[str, Any]], count: int) -> None:
    """Write results of so many clips as a run of `check` does."""
    rng = random.Random(0)
    write_about(folder, dataset="synthetic", model="demo")
    (folder / STAGES[0]).mkdir()
    with (folder / STAGES[0] / "results.jsonl").open("w") as file:
        for number in range(count):
            found = dict(measured[number % len(measured)])
            found["features"] = [None if value is None else value * rng.gauss(1, 0.2) for value in found["features"]]
            found["found"] = {name: one | {"value": one["value"] and one["value"] * rng.gauss(1, 0.1)}
                              for name, one in found["found"].items()}  # fmt: skip
            key = f"session_{number // 50:05}_{number % 50:04}"
            result = {"key": key, "content": f"{number:024x}", "status": "done"}
            file.write(json.dumps(result | {"value": json.dumps(found), "error": None}, separators=(",", ":")) + "\n")


def judge(folder: Path) -> None:
    """Judge what is kept in a folder; prints the megabytes that this process had before, and at most."""
    before, begin = peak_mb(), time.perf_counter()
    results = QualityResults.load(folder)
    assert results is not None
    size = sum(len(text) for text in json_lines(results))
    assert size and results.nearest(next(iter(results.clips))) and results.ranked("pop")
    print(json.dumps({"before_mb": before, "peak_mb": peak_mb(), "seconds": time.perf_counter() - begin}))


def peak_mb() -> float:
    """Of this process since its program began; getrusage would count what its parent had when it forked."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main())
