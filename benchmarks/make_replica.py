"""Make a data set of the size and layout of the real one, with generated content.

    python benchmarks/make_replica.py /data/replica                        12,669 clips in four archives, 6.3 GB
    python benchmarks/make_replica.py /tmp/small --clips 500 --as both     archives and folders
    python benchmarks/make_replica.py /tmp/bad --clips 500 --defects       what `viewer doctor` has to find

Voices are harmonics, words are syllables, faces move with the voice. The same seed makes the same bytes. With --defects
the list of what was planted is written to <OUT>.defects.json, beside the data set and not into it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.replica.clips import BYTES_PER_CLIP, SPLITS, SUFFIXES, Clips, plan_clips
from benchmarks.replica.defects import FEWEST_CLIPS, Defects
from benchmarks.replica.writers import FolderWriter, TarWriter, Writer

CLIPS = 12_669
LAYOUTS: dict[str, tuple[type[Writer], ...]] = {
    "tar": (TarWriter,),
    "folder": (FolderWriter,),
    "both": (TarWriter, FolderWriter),
}
_SPARE = 1.1
"""How much more than the replica has to be free: the disk is never filled to the brim."""


class ReplicaError(Exception):
    """The replica cannot be made here, with what to do."""


def make_replica(
    out: Path, *, clips: int = CLIPS, seed: int = 0, layout: str = "tar", defects: bool = False, quiet: bool = True
) -> Path:
    """Write a data set of `clips` clips to `out`, which appears when it is complete; returns `out`.

    Raises ReplicaError where it would not fit the disk, `out` exists, or there are too few clips for the defects.
    """
    check(out, clips=clips, layout=layout, defects=defects)
    content = Clips(plan_clips(clips, seed=seed))
    planted = Defects(content, archives=layout == "tar") if defects else None
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _write(part, content, LAYOUTS[layout], planted, quiet=quiet)
    if planted is not None:
        planted.add_files(part)
        planted.damage_archives(part)
        listing = out.with_name(f"{out.name}.defects.json")
        listing.write_text(json.dumps(planted.planted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.rename(out)
    return out


def check(out: Path, *, clips: int, layout: str, defects: bool) -> None:
    """Raises ReplicaError for what cannot work, before anything is written."""
    if clips < 1 or (defects and clips < FEWEST_CLIPS):
        raise ReplicaError(f"{clips} clips; expected 1 or more, with --defects {FEWEST_CLIPS} or more")
    if out.exists():
        raise ReplicaError(f"{out} exists; choose another folder, or remove it with: rm -r {out}")
    needed = int(clips * BYTES_PER_CLIP * len(LAYOUTS[layout]) * _SPARE)
    parent = next(parent for parent in out.absolute().parents if parent.is_dir())
    free = shutil.disk_usage(parent).free
    if free < needed:
        most = int(clips * free / needed)
        raise ReplicaError(
            f"{parent} has {free / 1e9:.1f} GB free; {clips:,} clips need {needed / 1e9:.1f} GB. "
            f"Choose a folder on another disk, or make at most {most:,} clips: --clips {most}"
        )


def _write(
    root: Path, content: Clips, writers: tuple[type[Writer], ...], defects: Defects | None, *, quiet: bool
) -> None:
    plan = content.plan
    with ExitStack() as stack:
        opened: dict[str, list[Writer]] = {folder: [writer(root, folder) for writer in writers] for folder in SUFFIXES}
        for ready in opened.values():
            for writer in ready:
                stack.callback(writer.close)
        for clip in tqdm(range(len(plan)), unit="clip", disable=True if quiet else None):
            files: dict[str, bytes | None] = dict(content.files(clip))
            if defects is not None:
                defects.change_files(clip, files)
            for folder, data in files.items():
                for writer in opened[folder] if data is not None else ():
                    writer.add(plan.stems[clip] + SUFFIXES[folder], data)
        if defects is not None:
            defects.add_members({folder: ready[0] for folder, ready in opened.items()})
    lists = {name: [stem for stem, of in zip(plan.stems, plan.split, strict=True) if of == name] for name in SPLITS}
    if defects is not None:
        defects.change_lists(lists)
    for name, stems in lists.items():
        (root / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")
    (root / "README.md").write_text("Generated content in the layout of WebTalk-Synthetic. No real data.\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to make")
    parser.add_argument("--clips", type=int, default=CLIPS, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    parser.add_argument("--as", dest="layout", choices=LAYOUTS, default="tar", help="default: %(default)s")
    parser.add_argument("--defects", action="store_true", help="plant defects and list them beside OUT")
    options = parser.parse_args()
    try:
        make_replica(
            options.out,
            clips=options.clips,
            seed=options.seed,
            layout=options.layout,
            defects=options.defects,
            quiet=False,
        )
    except ReplicaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in options.out.rglob("*") if file.is_file())
    print(f"{options.out}: {options.clips:,} clips, {size / 1e9:.2f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
