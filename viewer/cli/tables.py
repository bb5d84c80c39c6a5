"""The facts of `info` as text for people."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from typing import Any

from viewer.terminal import printable

_LABEL = 14


def text(found: dict[str, Any]) -> str:
    """All parts of what `info` found, one under the other."""
    sections: dict[str, Callable[[Any], str]] = {
        "dataset": _dataset,
        "clip": _clip,
        "model": _model,
        "regions": _regions,
        "heads": _heads,
        "gl": _gl,
    }
    blocks = [f"flame-viewer {found['viewer']['version']}"]
    for name, section in sections.items():
        if name in found:
            error = found[name].get("error") if isinstance(found[name], dict) else None
            blocks.append(_block(name, {"error": error}) if error else section(found[name]))
    return "\n\n".join(blocks)


def _dataset(facts: dict[str, Any]) -> str:
    lines = {
        "folder": facts["path"],
        **({} if facts["base"] is None else {"borrows from": facts["base"]}),
        "clips": f"{facts['clips']:,}: {facts['with_motion']:,} with motion, {facts['with_audio']:,} with sound, "
        f"{facts['with_transcript']:,} with transcript",
        "splits": ", ".join(f"{split} {count:,}" for split, count in facts["splits"].items() if count) or "none",
        "duration": _duration(facts["seconds"]),
        "expressions": facts["expression_space"],
        "flags": ", ".join(f"{code} {count:,}" for code, count in facts["flags"].items()) or "none",
    }
    block = _block(f"Data set {facts['name']}", lines, facts["warnings"])
    rows = [
        (row["stem"], "" if row["seconds"] is None else f"{row['seconds']:.2f} s", " ".join(row["splits"]), row)
        for row in facts["first_clips"]
    ]
    width = min(max((len(printable(row[0])) for row in rows), default=0), 40)
    for stem, seconds, splits, row in rows:
        words = " ".join((row["transcript"] or "").split())
        flags = "".join(f" [{flag['code']}]" for flag in row["flags"])
        block += "\n" + _fit(f"  {printable(stem):{width}}  {seconds:>8}  {splits:5} {flags} {printable(words)}")
    more = facts["clips"] - len(rows)
    return block + (f"\n  and {more:,} more: --list prints all stems" if more > 0 else "")


def _clip(facts: dict[str, Any]) -> str:
    audio, jaw = facts["audio"], facts["jaw_degrees"]
    lines = {"motion": f"{facts['frames']:,} frames at {facts['fps']:g} per second, {facts['seconds']:.2f} s"}
    if facts["vertices"] is not None:
        lines["vertices"] = f"{facts['vertices']:,} a frame, no coefficients"
    else:
        varies = "varies over the clip" if facts["shape_varies"] else "constant"
        lines["coefficients"] = (
            f"exp {facts['exp_coefficients']} ({facts['expression_space']}), "
            f"shape {facts['shape_coefficients']} ({varies})"
        )
        lines["jaw"] = f"mean {jaw['mean']:.1f}°, 95 % below {jaw['p95']:.1f}°, largest {jaw['max']:.1f}°"
    lines |= {
        "sound": "none" if audio is None else f"{audio['format']}, {audio['seconds']:.2f} s",
        "splits": ", ".join(facts["splits"]) or "none",
        "transcript": "none" if facts["transcript"] is None else facts["transcript"],
    }
    return _block(f"Clip {facts['stem']}", lines, [flag["message"] for flag in facts["flags"]])


def _model(facts: dict[str, Any]) -> str:
    lines = {
        "file": facts["path"],
        "hash": facts["hash"],
        "mesh": f"{facts['vertices']:,} vertices, {facts['faces']:,} faces",
        "coefficients": f"shape {facts['shape_coefficients']}, exp {facts['exp_coefficients']} "
        f"({facts['expression_space']}{'' if facts['expressions_play'] else ', left neutral'})",
        "source": facts["source"],
        "licence": facts["licence"],
    }
    return _block(f"Head {facts['version']}", lines, facts["warnings"])


def _regions(facts: dict[str, Any]) -> str:
    sizes = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in facts["vertices"].items())
    landmarks = f"{len(facts['landmarks'])}"
    return _block("Regions", {"source": facts["source"], "vertices": sizes, "landmarks": landmarks})


def _heads(facts: list[dict[str, Any]]) -> str:
    lines = [f"  {head['version']}: {head['path']}" for head in facts] or ["  none"]
    return "\n".join(["Installed heads", *lines])


def _gl(facts: dict[str, Any]) -> str:
    taken = facts["taken"]
    lines = {f"device {d['index']}": f"{d['name']} ({d['vendor']})" for d in facts["devices"]}
    lines |= {
        "taken": taken["device"],
        "why": taken["why"],
        "renderer": f"{taken['renderer']}, OpenGL {taken['version']}",
    }
    return _block("OpenGL" + (" (in software)" if taken["software"] else ""), lines)


def _block(title: str, lines: dict[str, str], warnings: list[str] | None = None) -> str:
    rows = [*lines.items(), *(("note", warning) for warning in warnings or [])]
    width = min(max(shutil.get_terminal_size().columns, 60), 120)
    indent = " " * (2 + _LABEL)
    wrapped = (
        textwrap.fill(
            printable(" ".join(value.split())),
            width=width,
            initial_indent=f"  {label:{_LABEL}}",
            subsequent_indent=indent,
            break_long_words=False,  # paths and commands can be copied
            break_on_hyphens=False,
        )
        for label, value in rows
    )
    return "\n".join([printable(title), *wrapped])


def _duration(seconds: float) -> str:
    hours, minutes = int(seconds // 3600), int(seconds % 3600 // 60)
    return (
        f"{hours} h {minutes} min"
        if hours
        else f"{minutes} min {seconds % 60:.0f} s"
        if minutes
        else f"{seconds:.2f} s"
    )


def _fit(line: str) -> str:
    """Cut a row of a table to the width of the terminal."""
    width = max(shutil.get_terminal_size().columns, 60)
    return line if len(line) <= width else line[: width - 1] + "…"
