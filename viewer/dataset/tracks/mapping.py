"""Maps: TOML files that say where in a file of one's own the parts of a track are. docs/tracks.md has an example."""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.clip import MAX_FPS, MIN_FPS
from viewer.dataset.entry import FileEntry
from viewer.dataset.text import read_text
from viewer.dataset.tracks.plan import Part, Plan
from viewer.dataset.tracks.registry import AUTO, check_format_name
from viewer.dataset.tracks.rotation import IN_ANGLES, WIDTHS, known_form
from viewer.dataset.tracks.torch_file import ONE_TENSOR
from viewer.errors import ClipError, UsageError

_SETTINGS = ("format", "fps", "fps_key", "expression_space")
_PARTS = ("exp", "pose", "global", "jaw", "shape", "vertices")
_ANGLES = {"radians": 1.0, "degrees": math.pi / 180}
_LENGTHS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_COLUMNS = re.compile(r"(\d{0,6}):(\d{1,6})")
_MOST_COLUMNS = 1_000_000


@dataclass(frozen=True)
class TrackMap:
    """What a map says. Make one with `read_map`."""

    path: Path
    plan: Plan | None
    """Where the parts are; None for a map that only changes what a format says."""
    format: str | None = None
    fps: float | None = None
    fps_keys: tuple[str, ...] | None = None
    expression_space: str | None = None

    def over(self, plan: Plan) -> Plan:
        """The plan of a format with what this map says instead."""
        return dataclasses.replace(
            plan,
            fps=plan.fps if self.fps is None else self.fps,
            fps_keys=self.fps_keys or plan.fps_keys,
            expression_space=self.expression_space or plan.expression_space,
        )


def read_map(path: Path) -> TrackMap:
    """Read a map. Raises UsageError that names the line, what it holds and what was expected."""
    try:
        text = read_text(FileEntry(path)).text
    except ClipError as error:
        raise UsageError(f"map {error}") from error
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"map {path} is no TOML: {error}") from error
    return _Reader(path, text).map(found)


class _Reader:
    """Checks the content of one map; errors name its lines."""

    def __init__(self, path: Path, text: str):
        self._path = path
        self._lines = text.split("\n")

    def map(self, found: dict[str, Any]) -> TrackMap:
        for name in found:
            if name not in _SETTINGS + _PARTS:
                raise self._error(None, name, f"unknown; expected {', '.join(_SETTINGS + _PARTS)}")
        parts = {name: self._part(name, found[name]) for name in _PARTS if name in found}
        fps_key = self._text(None, "fps_key", found.get("fps_key"))
        says = TrackMap(
            self._path,
            plan=None,
            format=self._format(found, parts),
            fps=self._fps(found),
            fps_keys=None if fps_key is None else (fps_key,),
            expression_space=self._text(None, "expression_space", found.get("expression_space")),
        )
        return dataclasses.replace(says, plan=says.over(self._plan(parts))) if parts else says

    def _format(self, found: dict[str, Any], parts: dict[str, Part]) -> str | None:
        name = self._text(None, "format", found.get("format"))
        if name is None:
            return None
        if parts:
            raise self._error(None, "format", f"a map with [{next(iter(parts))}] says itself what is where")
        try:
            check_format_name(name)
        except UsageError as error:
            raise self._error(None, "format", str(error)) from error
        return None if name == AUTO else name

    def _plan(self, parts: dict[str, Part]) -> Plan:
        if "vertices" in parts:
            for other in parts:
                if other != "vertices":
                    raise self._error(None, other, "a map with [vertices] has no coefficients")
            return Plan(vertices=parts["vertices"])
        pose = parts.pop("pose", None)
        if pose is not None:
            for other in ("global", "jaw"):
                if other in parts:
                    raise self._error(None, other, "[pose] holds it already: global rotation, then jaw")
            columns = pose.columns or tuple(range(6))
            parts["global"] = dataclasses.replace(pose, columns=columns[:3])
            parts["jaw"] = dataclasses.replace(pose, columns=columns[3:])
        if not {"exp", "global", "jaw"} & parts.keys():
            raise self._error(None, "shape", "no motion beside it; expected [exp], [pose], [jaw] or [vertices]")
        return Plan(
            exp=parts.get("exp"),
            global_rotation=parts.get("global"),
            jaw=parts.get("jaw"),
            shape=parts.get("shape"),
        )

    def _part(self, name: str, found: Any) -> Part:
        if not isinstance(found, dict):
            raise self._error(None, name, f"{found!r:.60}; expected a table, [{name}]")
        rotates = name in ("pose", "global", "jaw")
        allowed = ["key", "columns"] + ["rotation"] * rotates + ["units"] * (rotates or name == "vertices")
        for setting in found:
            if setting not in allowed:
                raise self._error(name, setting, f"unknown in [{name}]; expected {', '.join(allowed)}")
        rotation = self._choice(name, "rotation", found, "axis-angle")
        if rotates and (known_form(rotation) is None or (name == "pose" and rotation != "axis-angle")):
            expected = "axis-angle; give [global] and [jaw] instead" if name == "pose" else ", ".join(WIDTHS)
            raise self._error(name, "rotation", f"{rotation!r:.60}; expected {expected}")
        units = _LENGTHS if name == "vertices" else _ANGLES
        unit = self._choice(name, "units", found, next(iter(units)))
        if unit not in units or (units[unit] != 1 and rotates and known_form(rotation) not in IN_ANGLES):
            expected = " or ".join(units) if known_form(rotation) in IN_ANGLES else f"none for {rotation}"
            raise self._error(name, "units", f"{unit!r:.60}; expected {expected}")
        columns = self._columns(name, found["columns"]) if "columns" in found else None
        if name == "pose" and columns is not None and len(columns) != 6:
            raise self._error(name, "columns", f"{len(columns)} of them; expected 6: global rotation, then jaw")
        key = self._text(name, "key", found.get("key")) or ONE_TENSOR
        return Part(key, columns, units[unit], rotation)

    def _columns(self, name: str, found: Any) -> tuple[int, ...]:
        if isinstance(found, list) and found and all(type(n) is int and 0 <= n < _MOST_COLUMNS for n in found):
            return tuple(found)
        match = _COLUMNS.fullmatch(found) if isinstance(found, str) else None
        columns = tuple(range(int(match[1] or 0), int(match[2]))) if match else ()
        if not columns:
            raise self._error(name, "columns", f'{found!r:.60}; expected such as "0:100" or [3, 4, 5]')
        return columns

    def _choice(self, name: str, setting: str, found: dict[str, Any], default: str) -> str:
        return self._text(name, setting, found.get(setting)) or default

    def _fps(self, found: dict[str, Any]) -> float | None:
        fps = found.get("fps")
        if fps is None:
            return None
        if type(fps) not in (int, float) or not MIN_FPS <= fps <= MAX_FPS:
            expected = f"expected {MIN_FPS} to {MAX_FPS} frames per second; the name of an array goes into fps_key"
            raise self._error(None, "fps", f"{fps!r:.60}; {expected}")
        return float(fps)

    def _text(self, table: str | None, setting: str, found: Any) -> str | None:
        if found is None:
            return None
        if not isinstance(found, str) or not found.strip():
            raise self._error(table, setting, f"{found!r:.60}; expected a text")
        return found.strip()

    def _error(self, table: str | None, setting: str, message: str) -> UsageError:
        name = setting if table is None else f"[{table}] {setting}"
        return UsageError(f"map {self._path}{self._line(table, setting)}: {name}: {message}")

    def _line(self, table: str | None, setting: str) -> str:
        """Where a setting is, as far as it is written in the usual way."""
        inside: str | None = None
        for number, line in enumerate(self._lines, start=1):
            if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
                inside = header[1]
                if table is None and inside == setting:
                    return f", line {number}"
            elif inside == table and re.match(rf"\s*{re.escape(setting)}\s*[=.]", line):
                return f", line {number}"
        return ""
