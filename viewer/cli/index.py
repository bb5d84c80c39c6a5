"""`python -m viewer index`: build or refresh the catalogue of a data set."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from viewer.cli.arguments import HelpFormatter
from viewer.cli.opening import open_catalogue, open_complete
from viewer.data_options import add_dataset_options
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue
from viewer.terminal import printable, say

_DESCRIPTION = """\
Bring the catalogue of a data set up to date: read the headers of the clips that are new or changed, forget those that
are gone. The page and `list` do the same when they need it; after this they open at once. The catalogue is a file in
the cache folder that may be deleted at any time; the data set itself is never written to.
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "index",
        help="build or refresh the catalogue that the page and list use",
        description=_DESCRIPTION,
        formatter_class=HelpFormatter,
    )
    add_dataset_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Update the catalogue and say what is in it; returns the exit code."""
    start = time.perf_counter()
    dataset = open_complete(arguments)
    with open_catalogue(dataset, arguments) as catalogue:
        found = _facts(dataset, catalogue, time.perf_counter() - start)
    say(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) if arguments.json else _text(found))
    return 0


def _facts(dataset: Dataset, catalogue: Catalogue, seconds: float) -> dict[str, Any]:
    facets = catalogue.facets()
    return {
        "dataset": str(dataset.path),
        "clips": len(dataset),
        "splits": facets["split"],
        "modalities": {name: count for name, count in facets["modality"].items() if not name.startswith("no-")},
        "flags": facets["flag"],
        "catalogue": None if catalogue.path is None else str(catalogue.path),
        "bytes": None if catalogue.path is None else catalogue.path.stat().st_size,
        "took_seconds": round(seconds, 3),
    }


def _text(found: dict[str, Any]) -> str:
    where = "in memory only: no file could be kept"
    if found["catalogue"] is not None:
        where = f"{found['catalogue']} ({found['bytes'] / 1e6:.1f} MB)"
    lines = {
        "data set": found["dataset"],
        "catalogue": where,
        "clips": f"{found['clips']:,}, in {found['took_seconds']:.2f} s",
        "files": _counts(found["modalities"]),
        "splits": _counts(found["splits"]),
        "flags": _counts(found["flags"]),
    }
    return "\n".join(f"{label:10} {printable(value)}" for label, value in lines.items())


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count) or "none"
