"""A clip as a folder of numbered PNG files, for editing and compositing programs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from viewer.clip import Clip
from viewer.errors import Cancelled, VideoError
from viewer.flame import HeadChoice
from viewer.paths import whole_file, why_not_written
from viewer.render import Renderer, shared_renderer
from viewer.render.png import save_png
from viewer.video.export import ExportSettings, clip_frames, clip_receipt, render_key
from viewer.video.receipt import Receipt

RECEIPT = "receipt.json"
"""Name of the file, beside the pictures, that says what they were made from."""
_PICTURE = re.compile(r"\d{6}\.png")
_END_OF_PNG = b"IEND\xaeB`\x82"


def export_sequence(
    clip: Clip,
    folder: str | Path,
    *,
    head: HeadChoice,
    settings: ExportSettings | None = None,
    alpha: bool = False,
    force: bool = False,
    renderer: Renderer | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Receipt:
    """Write frames as `000000.png`, `000001.png`, … into `folder`, which is made if it is missing, and `receipt.json`.

    alpha: straight alpha in the place of the background. Each picture appears whole. Pictures that are there from an
    earlier run of the same are kept, so that one that was stopped goes on; `complete` in the receipt is set at the end.
    Pictures of something else are replaced, if the viewer made them or with `force`; other files are left alone.

    Raises VideoError for a folder that cannot be written or is not the viewer's, otherwise as `export_clip`.
    """
    settings = settings or ExportSettings()
    renderer = renderer or shared_renderer()
    folder = Path(folder)
    key = f"{render_key(clip, head, settings)}-{'alpha' if alpha else 'opaque'}"
    receipt = clip_receipt(clip, head=head, settings=settings, renderer=renderer)
    facts = {**asdict(receipt), "alpha": alpha, "key": key}
    _prepare(folder, key, force=force)
    _write_receipt(folder, {**facts, "complete": False})
    missing = [frame for frame in range(len(clip)) if not _is_whole(folder / _name(frame))]
    if missing:
        first = missing[0]
        rest = clip.frames(first, len(clip))
        pictures = clip_frames(rest, head=head, settings=settings, renderer=renderer, transparent=alpha)
        wanted = frozenset(missing)
        for frame, picture in enumerate(pictures, start=first):
            if cancelled is not None and cancelled():
                raise Cancelled(f"export of {clip.stem} was cancelled at frame {frame} of {len(clip)}")
            if frame in wanted:
                save_png(folder / _name(frame), picture)
            if progress is not None:
                progress(frame + 1, len(clip))
    _write_receipt(folder, {**facts, "complete": True})
    return receipt


def _name(frame: int) -> str:
    return f"{frame:06d}.png"


def _prepare(folder: Path, key: str, *, force: bool) -> None:
    """Make the folder; take pictures of something else away."""
    try:
        folder.mkdir(exist_ok=True)
        there = [path for path in folder.iterdir() if _PICTURE.fullmatch(path.name)]
        known = _known_key(folder)
        if known == key:
            return
        if there and known is None and not force:
            raise VideoError(f"{folder} holds pictures that the viewer did not make; move them away, or use --force")
        for path in there:
            path.unlink()
    except OSError as error:
        raise VideoError(f"cannot write {folder}: {why_not_written(error)}") from error


def _known_key(folder: Path) -> str | None:
    """What the pictures of a folder are, as its receipt says; None without one."""
    try:
        found = json.loads((folder / RECEIPT).read_bytes())
    except (OSError, ValueError):
        return None
    key = found.get("key") if isinstance(found, dict) else None
    return key if isinstance(key, str) else None


def _write_receipt(folder: Path, facts: dict[str, object]) -> None:
    with whole_file(folder / RECEIPT, error=VideoError) as part:
        part.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8", "backslashreplace")


def _is_whole(path: Path) -> bool:
    """Whether a picture is there to its end: after a power cut a file may have its name and no content."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_END_OF_PNG), os.SEEK_END)
            return file.read() == _END_OF_PNG
    except OSError:  # not there, or shorter than that
        return False
