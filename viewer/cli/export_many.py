"""`python -m viewer export --all` and its like: a film of each of many clips, in processes, resumable."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.cli.arguments import add_engine_options, engine_options, open_dataset
from viewer.cli.opening import open_catalogue
from viewer.cli.outcome import tell_failures, tell_shard
from viewer.cli.progress import job_progress
from viewer.cli.side_by_side import Compared
from viewer.data_options import read_stems
from viewer.dataset import Dataset
from viewer.dataset.layout import SPLITS
from viewer.dataset.problem import counted
from viewer.errors import DatasetError, UsageError
from viewer.jobs import Shard
from viewer.terminal import printable, say

if TYPE_CHECKING:
    from viewer.video import ExportSettings
    from viewer.video.batch import Films
    from viewer.video.beside import Beside


def add_many_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "many clips",
        "a film each, with a manifest.parquet; a run that was stopped goes on: docs/export.md",
    )
    group.add_argument("--all", action="store_true", help="all clips that have motion")
    group.add_argument("--split", choices=SPLITS, action="append", default=[], help="clips in it; may be repeated")
    group.add_argument("--search", metavar="TEXT", help="clips with these words, or whose name holds it")
    group.add_argument("--stems", metavar="FILE", dest="list", help="file of stems, one a line; - is standard input")
    group.add_argument("--gallery", action="store_true", help="write index.html too: a page that plays the films")
    group.add_argument("--contact-sheet", action="store_true", help="write contact_sheet.jpg: a picture of each clip")
    add_engine_options(parser, does="draw and encode")


def is_many(arguments: argparse.Namespace) -> bool:
    """Whether films of a whole set of clips were asked for. Raises UsageError for options that do not go together."""
    plain = arguments.frame is None and arguments.format is None
    sets = {"--all": arguments.all, "--split": arguments.split, "--search": arguments.search is not None}
    asked = [option for option, given in sets.items() if given]
    named = ["--stems"] if arguments.list is not None else ["STEM"] if arguments.stems else []
    if asked and not plain:
        raise UsageError(f"{asked[0]} writes films; for pictures name the clips, or use --stems FILE")
    if len(named + asked) > 1 and (named or "--all" in asked):
        raise UsageError(f"{' and '.join([*asked, *named])} exclude each other; leave out one of them")
    many = bool(asked) or (arguments.list is not None and plain and not arguments.stems)
    others = {
        "--gallery": arguments.gallery,
        "--contact-sheet": arguments.contact_sheet,
        "--shard": arguments.shard,
        "--engine": arguments.engine != "local",
        "--jobs": arguments.jobs,
    }
    for option, given in others.items():
        if given and not many:
            raise UsageError(f"{option} is for films of many clips; add --all, --split, --search or --stems")
    if many and arguments.force:
        raise UsageError("--force is for named clips: films of many never replace a file")
    return many


def run_many(
    arguments: argparse.Namespace,
    *,
    dataset: Dataset,
    stems: Sequence[str],
    settings: ExportSettings,
    out: Path,
    compared: Compared | None,
) -> int:
    """Write the films, and tell what became of them; returns the exit code."""
    from viewer.flame import choose_head
    from viewer.video.batch import export_films

    head = choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)
    for line in (*dataset.warnings, *head.warnings):
        print(f"note: {printable(line)}", file=sys.stderr)
    with job_progress("exporting") as progress:
        films = export_films(
            dataset,
            stems,
            head=head,
            settings=settings,
            out=out,
            reopen=partial(open_dataset, arguments) if compared is None else partial(_reference, compared.reopen),
            beside=None if compared is None else _beside(compared, arguments),
            gl=arguments.gl,
            thumbs=arguments.gallery or arguments.contact_sheet,
            progress=progress,
            waiting=lambda why: print(f"note: {why}", file=sys.stderr),
            **engine_options(arguments),
        )
    for path in (films.manifest, *_overviews(arguments, dataset, films, out)):
        say(str(path))
    return _tell(films, out, arguments.shard)


def choose_many(dataset: Dataset, arguments: argparse.Namespace, *, compared: Compared | None) -> Sequence[str]:
    """The clips that were asked for; those of sets only where they have predictions, if these are to be shown.

    Raises DatasetError where there are none.
    """
    if arguments.all:
        stems: Sequence[str] = dataset.playable
    elif arguments.list is not None:
        stems = list(dict.fromkeys(read_stems(arguments.list)))
    else:
        from viewer.dataset.catalogue import Query

        query = Query.parse(search=arguments.search or "", split=arguments.split, modality=["motion"])
        playable = set(dataset.playable)
        with open_catalogue(dataset, arguments) as catalogue:
            stems = [row["stem"] for row in catalogue.rows(query) if row["stem"] in playable]
    if stems and compared is not None and arguments.list is None:
        found, stems = stems, [stem for stem in stems if compared.has(stem)]
        if not stems:
            compared.clips(found[0])  # says what it looked for
        if len(stems) < len(found):
            left_out = counted(len(found) - len(stems), "clip")
            print(f"note: {left_out} without a prediction in each of --compare: no films of these", file=sys.stderr)
    if not stems:
        raise DatasetError(
            f"no clip in {dataset.path} has motion and is as asked for; see `python -m viewer list --data "
            f"{dataset.path}` with the same --search and --split"
        )
    return stems


def _reference(reopen: Callable[[], Compared]) -> Dataset:
    return reopen().reference


def _beside(compared: Compared, arguments: argparse.Namespace) -> Beside:
    from viewer.video.beside import Beside

    folders = tuple((label, str(dataset.path.resolve())) for label, dataset in compared.predictions)
    return Beside(compared.reopen, folders, compared.heat_top_mm, arguments.layout or "auto")


def _overviews(arguments: argparse.Namespace, dataset: Dataset, films: Films, out: Path) -> list[Path]:
    """The gallery and the contact sheets that were asked for."""
    from viewer.errors import VideoError
    from viewer.paths import whole_file
    from viewer.report.gallery import GALLERY, MOST_FILMS, Film, gallery
    from viewer.video.contact_sheet import write_sheets

    written: list[Path] = []
    if not (arguments.gallery or arguments.contact_sheet):
        return written
    made = {stem: result.value for stem, result in films.results.items() if result.ok}
    if arguments.gallery:
        shown = (Film.of(stem, film) for stem, film in made.items())
        page = gallery(shown, title=dataset.name, failed=len(films.results) - len(made))
        with whole_file(out / GALLERY, error=VideoError) as part:
            part.write_text(page, encoding="utf-8")
        written.append(out / GALLERY)
        if len(made) > MOST_FILMS:
            print(f"note: {GALLERY} has the first {MOST_FILMS:,} of {len(made):,} films", file=sys.stderr)
    if arguments.contact_sheet:
        written += write_sheets(out, [(stem, out / film["thumb"]) for stem, film in made.items()])
    return written


def _tell(films: Films, out: Path, shard: Shard | None) -> int:
    failures = films.results.failures()
    if shard is not None:
        return tell_shard(shard, len(films.results), failures)
    failed = tell_failures(failures)
    done = f"{counted(len(films.results) - failed, 'film')} in {out}"
    lost = f", {counted(failed, 'clip')} failed; {films.manifest} lists them" if failed else ""
    print(f"{done}{lost}", file=sys.stderr)
    return 1 if failed else 0
