"""Checks of the user's own: Python files or modules that call `@check`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from viewer.dataset.tracks.plugin import import_plugin
from viewer.dataset.tracks.registry import FORMATS
from viewer.errors import UsageError
from viewer.paths import user_path
from viewer.quality.registry import CHECKS

_registered: dict[str, tuple[str, ...]] = {}


def load_check_plugins(names: Sequence[str]) -> tuple[str, ...]:
    """Import modules by name, or files that end in .py, each once; returns the names of the checks that they register.

    A plugin of track formats alone registers none. Raises UsageError where one cannot be imported.
    """
    for name in names:
        if name not in _registered:
            before = set(CHECKS)
            import_plugin(name)
            _registered[name] = tuple(known for known in CHECKS if known not in before)
    return tuple(known for name in names for known in _registered[name])


def for_dataset(names: Sequence[str]) -> tuple[str, ...]:
    """Those of the loaded plugins to open a data set with, which refuses plugins that register no track format.

    Raises UsageError for one that registers nothing.
    """
    formats = any(known.registered for known in FORMATS.values())
    for name in names:
        if not formats and not _registered.get(name):
            raise UsageError(
                f"--plugin {name} registers no check and no track format (docs/quality.md, docs/tracks.md)"
            )
    return tuple(names) if formats else ()


def plugins_key(names: Sequence[str]) -> str:
    """Changes when a plugin file does. Raises UsageError for a file that cannot be read."""
    digests = []
    for name in names:
        if name.endswith(".py"):
            try:
                digests.append(hashlib.sha256(Path(user_path(name)).read_bytes()).hexdigest())
            except OSError as error:
                raise UsageError(f"--plugin {name}: {error.strerror or error}") from error
        else:
            digests.append(name)
    return "|".join(digests)
