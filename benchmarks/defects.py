"""Which planted defects the checks find, and how often they warn of clips without any.

    python benchmarks/defects.py                               demo clips, and clips moved by the sound's energy
    python benchmarks/defects.py --data REPLICA                also clips of a replica, or of any data set
    python benchmarks/defects.py --json FILE                   the figures of docs/quality-benchmark.md

Kinds and sizes are fixed in viewer/quality/defects.py. Of three kinds of clips: the demo clips, whose lips follow the
aligner's own phone times (what is measured between sound and lips there says little); clips of synthesised speech that
the sound's energy moves and that close their lips at the synthesiser's own times, so that nothing in them comes from
the aligner (needs espeak-ng); and with --data clips of a data set, without those defects that need speech where the
aligner finds no words in it. The same seed plants the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.synthetic import spoken
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.flame import HeadChoice, choose_head
from viewer.quality.defects import DEFECTS, SIZES
from viewer.quality.self_test import Sample, SelfTest, self_test
from viewer.quality.thresholds import Thresholds
from viewer.speech import align, detect_voice

GOAL_AUC, GOAL_FALSE_ALARMS = 0.95, 0.02


@dataclass(frozen=True, eq=False)
class Group:
    """Clips of one kind."""

    name: str
    head: HeadChoice
    clips: list[Clip]
    repeats: int
    more: list[Clip]
    """Further clips, for the rate of false alarms only: few clips cannot show a small one."""
    speech: bool = True


def groups(options: argparse.Namespace) -> Iterator[Group]:
    demo_head = choose_head(expression_space="arkit52")
    if "demo" in options.groups:
        demo = Dataset.demo()
        yield Group("demo", demo_head, [demo[stem] for stem in demo.stems], options.repeats, [])
    if "energy" in options.groups:
        file = demo_head.model.path
        with np.load(file, allow_pickle=False) as arrays:
            names = [str(name) for name in arrays["expression_names"]]
        try:
            clips = [spoken.clip(number, demo_head.model, names) for number in range(options.clips + options.more)]
        except spoken.SpeechMissingError as error:
            print(f"left out clips moved by the sound's energy: {error}", file=sys.stderr)
        else:
            yield Group("energy", demo_head, clips[: options.clips], 1, clips[options.clips :])
    if options.data is not None:
        dataset = Dataset.open(options.data, cache=options.cache)
        head = choose_head(expression_space=dataset.expression_space)
        chosen = np.random.default_rng(0).permutation(len(dataset.stems))[: options.clips + options.more]
        clips = [dataset[dataset.stems[number]] for number in chosen]
        yield Group(dataset.name, head, clips[: options.clips], 1, clips[options.clips :], speech=options.speech)


def run(group: Group, thresholds: Thresholds) -> tuple[SelfTest, SelfTest]:
    """Defects planted and found; and all of the group's clips as they are."""
    with tqdm(desc=group.name, unit="clip", leave=False, disable=None) as bar:

        def told(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        samples = [_sample(clip, group.speech) for clip in (*group.clips, *group.more)]
        planted = self_test(
            samples[: len(group.clips)],
            head=group.head,
            align=align if group.speech else None,
            thresholds=thresholds,
            repeats=group.repeats,
            progress=told,
        )
        return planted, self_test(samples, head=group.head, thresholds=thresholds, defects=())


def _sample(clip: Clip, speech: bool) -> Sample:
    if not speech or clip.audio is None:
        return Sample(clip)
    return Sample(clip, align(clip), detect_voice(clip.audio))


def table(found: dict[str, tuple[SelfTest, SelfTest]]) -> str:
    """Markdown: one row a defect and size, per group AUC and share found; then false alarms."""
    names = list(found)
    lines = ["| defect | check | size | " + " | ".join(f"{name}: AUC | found" for name in names) + " |"]
    lines.append("|---" * (3 + 2 * len(names)) + "|")
    for row, (defect, size) in enumerate((defect, size) for defect in DEFECTS for size in SIZES):
        cells = []
        for name in names:
            item = found[name][0].detections[row]
            if not item.planted:
                cells += ["–", "–"]
                continue
            area = f"{item.auc:.3f}"
            short = size == "middle" and item.auc is not None and item.auc < GOAL_AUC
            cells += [f"**{area}**" if short else area, f"{item.found} of {item.planted}"]
        magnitude = defect.magnitudes[SIZES.index(size)]
        lines.append(f"| {defect.name} | `{defect.check}` | {size} {magnitude:g} {defect.unit} | {' | '.join(cells)} |")
    lines += ["", "| check | " + " | ".join(f"{name}: warned of" for name in names) + " |"]
    lines.append("|---" * (1 + len(names)) + "|")
    for row, alarms in enumerate(found[names[0]][1].false_alarms):
        cells = []
        for name in names:
            item = found[name][1].false_alarms[row]
            over = item.warned > GOAL_FALSE_ALARMS * item.clips
            cells.append("–" if not item.clips else f"{'**' * over}{item.warned} of {item.clips}{'**' * over}")
        lines.append(f"| `{alarms.check.name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="data set, such as one of make_replica.py")
    parser.add_argument("--cache", type=Path, help="folder for indexes of its archives")
    parser.add_argument("--groups", nargs="*", default=["demo", "energy"], choices=["demo", "energy"])
    parser.add_argument("--clips", type=int, default=20, help="of each group but the demo: defects are planted in")
    parser.add_argument("--more", type=int, default=30, help="further clips for the rate of false alarms")
    parser.add_argument("--repeats", type=int, default=5, help="defects of each kind and size in each demo clip")
    parser.add_argument("--speech", action="store_true", help="words and voice of --data as well")
    parser.add_argument("--thresholds", type=Path, help="TOML of limits in the place of the viewer's")
    parser.add_argument("--json", type=Path, help="write all figures to a file")
    options = parser.parse_args()
    thresholds = Thresholds.load(options.thresholds)
    found: dict[str, tuple[SelfTest, SelfTest]] = {}
    for group in groups(options):
        found[group.name] = run(group, thresholds)
    if found:
        print(table(found))
    if options.json is not None:
        figures = {name: {"planted": a.as_json(), "as_they_are": b.as_json()} for name, (a, b) in found.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
