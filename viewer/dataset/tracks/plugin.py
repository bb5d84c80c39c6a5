"""Loading a Python module of the user's that registers track formats, or anything else."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path

from viewer.dataset.tracks.registry import FORMATS
from viewer.errors import UsageError, ViewerError
from viewer.paths import user_path


def load_plugin(name: str) -> None:
    """Import a module that registers track formats, as `import_plugin`. UsageError also where none comes of it."""
    import_plugin(name)
    registered = {known for known, track_format in FORMATS.items() if track_format.registered}
    if not registered:
        raise UsageError(f"--plugin {name} registers no track format; it calls register_format (docs/tracks.md)")


def import_plugin(name: str) -> None:
    """Import a module by its name, or a file that ends in .py; each once. It is the user's own code and is run.

    Raises UsageError where it cannot be imported, with the line that fails.
    """
    try:
        if name.endswith(".py"):
            _import_file(user_path(name))
        else:
            importlib.import_module(name)
    except ViewerError:
        raise
    except Exception as error:
        raise UsageError(f"--plugin {name}{_where(error)}: {type(error).__name__}: {error}") from error


def _import_file(path: Path) -> None:
    path = path.resolve()
    # Under a name of its own, so that no file can take the place of a module that is installed.
    name = f"viewer_plugin_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return
    if not path.is_file():
        raise UsageError(f"--plugin {path}: no such file; expected a .py file or the name of a module")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"--plugin {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _where(error: Exception) -> str:
    """Line in the user's code where an import failed."""
    frame = error.__traceback__
    lines = []
    while frame is not None:
        file = frame.tb_frame.f_code.co_filename
        if not file.startswith("<frozen") and file not in (__file__, importlib.__file__):
            lines.append(frame.tb_lineno)
        frame = frame.tb_next
    return f", line {lines[-1]}" if lines else ""
