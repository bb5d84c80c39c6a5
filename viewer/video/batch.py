"""Films of many clips into one folder: a job that goes on where an earlier run stopped."""

from __future__ import annotations

import errno
import hashlib
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, Unpack

from viewer import clock, jobs
from viewer._version import VERSION
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import Cancelled, JobError, RenderError, VideoError
from viewer.filenames import file_name
from viewer.flame import HeadChoice, choose_head
from viewer.motion import CurveMaker
from viewer.paths import whole_file
from viewer.render import Renderer
from viewer.report import picture
from viewer.video.beside import Beside, Predictions
from viewer.video.export import ExportSettings, export_clip, render_key
from viewer.video.leftovers import remove_leftovers
from viewer.video.manifest import RESULTS, write_manifest, write_settings

_MANY = 100_000
"""Films above which they lie in folders: file systems, and people, are slow with more in one."""
_KEY_LETTERS = 12
_LETTERS = 200
_TIMEOUT_SECONDS = 3600.0
_WAIT_SECONDS = 1.0
Made = TypeVar("Made")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class FilmJob:
    """Writes the film of the clip of a stem, in whatever process it is called; keeps what the next one needs too."""

    reopen: Callable[[], Dataset]
    model: str
    """Path of the head."""
    layer: str
    gl: str | int
    settings: ExportSettings
    out: Path
    """Folder for the films, which must exist."""
    folders: bool
    """Whether films lie in 256 folders instead of one."""
    thumbs: bool
    """Whether each has a small picture of its clip beside it."""
    beside: Beside | None = None
    """Predictions that are shown with each clip."""

    def __call__(self, stem: str) -> dict[str, Any]:
        """What the manifest has of a film, and `thumb`: its picture, `text`: the beginning of what is said in it.

        A film that is there is not made again: its name says what it is made of.
        """
        clip = self._dataset[stem]
        predictions = () if self._predictions is None else self._predictions.clips(stem)
        key = render_key(clip, self._head, self.settings)
        if self.beside is not None:
            key = self.beside.key(key, predictions)
        name = film_name(stem, key, folders=self.folders)
        film = self.out / f"{name}.mp4"
        film.parent.mkdir(exist_ok=True)
        if not film.is_file():
            self._drawn(lambda: self._export(clip, predictions, film))
        with film.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "path": f"{name}.mp4",
            "frames": len(clip) * self.settings.hold,
            "seconds": clip.seconds * self.settings.hold,
            "bytes": film.stat().st_size,
            "sha256": digest,
            "thumb": self._thumb(clip, name) if self.thumbs else None,
            "text": (clip.transcript or "")[:_LETTERS],
        }

    def _drawn(self, make: Callable[[], Made]) -> Made:
        """What `make` makes: once more where the process that draws died: it may be nobody's fault."""
        process = self._renderer.pid
        try:
            return make()
        except RenderError:
            if self._renderer.pid == process:
                raise
            return make()

    def _export(self, clip: Clip, predictions: Sequence[tuple[str, Clip]], film: Path) -> None:
        try:
            if self.beside is None:
                export_clip(clip, film, head=self._head, settings=self.settings, renderer=self._renderer)
                return
            from viewer.video.comparison import export_comparison  # which takes regions of heads along

            export_comparison(
                clip,
                predictions,
                film,
                head=self._head,
                settings=self.settings,
                heat_top_mm=self.beside.heat_top_mm,
                layout=self.beside.layout,
                renderer=self._renderer,
            )
        except VideoError as error:
            if getattr(error.__cause__, "errno", None) in _NO_ROOM:
                raise JobError(str(error)) from error  # no other film could be written
            raise

    def _thumb(self, clip: Clip, name: str) -> str:
        path = self.out / f"{name}.jpg"
        if not path.is_file():
            frame = self._maker.widest_frame(clip)
            seconds = clock.frame_middle(frame, clip.fps)
            data = self._drawn(lambda: picture(clip, seconds, head=self._head, renderer=self._renderer))
            with whole_file(path, error=VideoError) as part:
                part.write_bytes(data)
        return f"{name}.jpg"

    @cached_property
    def _dataset(self) -> Dataset:
        return self.reopen()

    @cached_property
    def _predictions(self) -> Predictions | None:
        return None if self.beside is None else self.beside.reopen()

    @cached_property
    def _head(self) -> HeadChoice:
        return choose_head(self.model, expression_space=self._dataset.expression_space, layer=self.layer)

    @cached_property
    def _maker(self) -> CurveMaker:
        return CurveMaker(self._head)

    @cached_property
    def _renderer(self) -> Renderer:
        """It can draw: else no clip would fare better. Raises JobError."""
        renderer = Renderer(gl=self.gl, one_core=True)
        for attempt in (1, 2):  # somebody may have ended its process
            try:
                _ = renderer.info
                break
            except RenderError as error:
                if attempt == 2:
                    raise JobError(f"nothing can be drawn on {platform.node()}: {error}") from error
        return renderer


def film_name(stem: str, key: str, *, folders: bool) -> str:
    """Where in the folder a film is, without suffix; `key`: what it is made of, of `render_key`.

    The key tells stems apart whose names are one to a file system that knows no case, or one form of Unicode alone.
    """
    name = f"{file_name(stem)}.{key[:_KEY_LETTERS]}"
    digest = hashlib.sha256(stem.encode(errors="surrogatepass")).hexdigest()
    return f"{digest[:2]}/{name}" if folders else name


@dataclass(frozen=True)
class Films:
    """What became of the clips that were asked for."""

    results: jobs.KeptResults
    """By stem; values as `FilmJob` returns them."""
    manifest: Path
    """Of all films in the folder."""


def export_films(
    dataset: Dataset,
    stems: Sequence[str],
    *,
    head: HeadChoice,
    settings: ExportSettings,
    out: Path,
    reopen: Callable[[], Dataset],
    gl: str | int = "auto",
    thumbs: bool = False,
    beside: Beside | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    waiting: Callable[[str], None] | None = None,
    **how: Unpack[jobs.How],
) -> Films:
    """Write a film of each clip into `out`, and a manifest of all films there, also where the run is stopped.

    reopen: opens the same data set in another process, so pickle must be able to send it. thumbs: whether each film has
    a JPEG of its clip beside it, at the widest opening of the mouth. beside: predictions that are shown with each clip.
    progress, cancelled, how (engine, shard,
    processes): as `jobs.run` takes them. waiting: called once, with a sentence, when another run makes the same films:
    this one then waits for its end.

    A film that is there is not made again. Films of other settings, or of clips as they were before, stay. A clip that
    cannot be read or drawn, or that ends its process, is a result that is not ok. Raises JobError, Cancelled, and
    VideoError where the manifest cannot be written.
    """
    remove_leftovers(out)
    folder = _results(out, head, settings, beside)
    write_settings(folder, settings, head, {} if beside is None else beside.told())
    folders = len(dataset.playable) > _MANY
    job = FilmJob(reopen, str(head.model.path), head.model.layer, gl, settings, out, folders, thumbs, beside)
    predictions = None if beside is None else beside.reopen()

    def content(stem: str) -> str:
        if stem not in dataset:
            return ""  # the job says that there is no such clip
        own = dataset.fingerprint(stem)
        return own if predictions is None else f"{own}|{predictions.fingerprint(stem)}"

    def usable(result: jobs.Result) -> bool:
        return not result.ok or _is_there(out, result.value, thumbs=thumbs)  # else somebody took the film away

    def run() -> jobs.KeptResults:
        return jobs.run(
            job,
            stems,
            out=folder,
            content=content,
            version=VERSION,
            usable=usable,
            timeout=_TIMEOUT_SECONDS,
            retry=True,  # what failed may have been short of memory, or of room on the disk
            progress=progress,
            cancelled=cancelled,
            **how,
        )

    told = False
    try:
        while True:
            try:
                results = run()
                break
            except jobs.AtWork as busy:
                if cancelled is not None and cancelled():
                    raise Cancelled(f"stopped while {busy}") from None
                if waiting is not None and not told:
                    waiting(str(busy))
                told = True
                time.sleep(_WAIT_SECONDS)
    finally:
        manifest = write_manifest(out)
    return Films(results, manifest)


def kept_films(
    stems: Sequence[str], *, head: HeadChoice, settings: ExportSettings, out: Path, thumbs: bool = False
) -> dict[str, jobs.Result]:
    """What runs have made of these clips so far, in their order: failures, and films that are there; a run may be at
    work. Arguments as for `export_films`.

    A film is of its clip as it was when a run last came to it. Raises JobError where results cannot be read.
    """
    known = jobs.read_results(_results(out, head, settings))
    found = {stem: known[stem] for stem in stems if stem in known}
    there = partial(_is_there, out, thumbs=thumbs)
    return {stem: result for stem, result in found.items() if not result.ok or there(result.value)}


def _is_there(out: Path, film: Mapping[str, Any], *, thumbs: bool) -> bool:
    """Whether a film is in the folder and whole, and its picture too, where one is wanted."""
    try:
        whole = (out / film["path"]).stat().st_size == film["bytes"]
    except FileNotFoundError:
        return False
    return whole and (not thumbs or (film["thumb"] is not None and (out / film["thumb"]).is_file()))


def _results(out: Path, head: HeadChoice, settings: ExportSettings, beside: Beside | None = None) -> Path:
    """The folder for results of one kind of film."""
    parts: tuple[Any, ...] = (head.model.hash, head.zero_expression, settings)
    if beside is not None:
        parts += (beside.told(),)
    return out / RESULTS / hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
