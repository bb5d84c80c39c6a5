"""Finding out why a path is no data set, and which path or command the user means."""

from __future__ import annotations

import os
import shlex
from itertools import islice
from pathlib import Path

from viewer.dataset.compression import SUFFIXES
from viewer.dataset.layout import AUDIO, MODALITIES, MOTION
from viewer.errors import DatasetError
from viewer.paths import is_dir, is_file

_MAX_ENTRIES = 500
_EXPECTED = (
    f"expected a folder that holds {MOTION.folder}/ or {MOTION.archive}, {AUDIO.folder}/ or {AUDIO.archive}, … "
    f"or tracks ({', '.join(MOTION.suffixes)})"
)
_ARCHIVES = (".tar", *SUFFIXES)


def check_folder(path: Path) -> None:
    """Raise a DatasetError that names the remedy unless `path` is a folder that can be listed."""
    try:
        with os.scandir(path):
            (path / "..").stat()  # fails where a folder may be listed but not entered
            return
    except FileNotFoundError:
        nearest = next((parent for parent in path.absolute().parents if is_dir(parent)), Path("/"))
        raise DatasetError(f"{path}: no such folder ({nearest} exists); {_EXPECTED}") from None
    except NotADirectoryError:
        message = f"{path} is a file; {_EXPECTED}"
        above = _data_set_above(path)
        if above is not None:
            message += f". Did you mean {above}?"
        elif path.name.endswith(_ARCHIVES):
            message += f". To unpack it: tar -xf {shlex.quote(str(path))} -C {shlex.quote(str(path.parent))}"
        elif path.suffix.lower() in MOTION.suffixes:
            message += f". To play it name its folder, {path.parent}"
        raise DatasetError(message) from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}; see `ls -ld {shlex.quote(str(path))}`") from error


def explain_no_clips(path: Path, warnings: tuple[str, ...]) -> DatasetError:
    """The error for a folder in which no clip was found."""
    below, above = _data_set_below(path), _data_set_above(path)
    if above is not None and above != path:
        return DatasetError(f"{path} is a folder inside a data set. Did you mean {above}?")
    if below:
        return DatasetError(f"{path} holds no clips itself. Did you mean {' or '.join(map(str, below))}?")
    present = [m.folder for m in MODALITIES if is_dir(path / m.folder)]
    present += [m.archive for m in MODALITIES if os.path.lexists(path / m.archive)]
    detail = "".join(f"\n  {warning}" for warning in warnings)
    if present:
        return DatasetError(
            f"{path} holds no clips: no {MOTION.suffix} or {AUDIO.suffix} in {', '.join(present)}{detail}"
        )
    found_names = _some_names(path)
    return DatasetError(f"{path} is no data set: it holds {', '.join(found_names) or 'nothing'}; {_EXPECTED}{detail}")


def _is_data_set(path: Path) -> bool:
    return any(is_dir(path / modality.folder) or is_file(path / modality.archive) for modality in MODALITIES)


def _data_set_above(path: Path) -> Path | None:
    return next((parent for parent in list(path.absolute().parents)[:2] if _is_data_set(parent)), None)


def _data_set_below(path: Path) -> list[Path]:
    """Up to three data sets one or two levels down."""
    level = [path]
    for _ in range(2):
        level = [child for parent in level for child in _folders(parent)][:_MAX_ENTRIES]
        found = [child for child in level if _is_data_set(child)]
        if found:
            return sorted(found)[:3]
    return []


def _folders(path: Path) -> list[Path]:
    return [child for child in _children(path) if is_dir(child)]


def _some_names(path: Path) -> list[str]:
    return sorted(child.name for child in _children(path))[:5]


def _children(path: Path) -> list[Path]:
    """Some of what is in a folder: nothing where it may not be listed."""
    try:
        with os.scandir(path) as entries:
            return [Path(entry) for entry in islice(entries, _MAX_ENTRIES)]
    except OSError:
        return []
