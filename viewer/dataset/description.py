"""dataset.json: what a data set says about itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from viewer.clip import FLAME_2020
from viewer.dataset.entry import FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.layout import DESCRIPTION
from viewer.dataset.problem import Problem
from viewer.dataset.text import read_text
from viewer.errors import ClipError


@dataclass(frozen=True)
class Description:
    """The strings in dataset.json that the viewer knows; None for what it does not say."""

    name: str | None = None
    expression_space: str | None = None
    problems: tuple[Problem, ...] = ()


def read_description(folder: Path) -> Description:
    """The description of the data set in `folder`. What cannot be used of it ends up in its problems."""
    path = folder / DESCRIPTION
    if not is_there(path):
        return Description()
    try:
        found = json.loads(read_text(FileEntry(path)).text)
    except (ClipError, ValueError, RecursionError) as error:
        return Description(problems=(_problem(f" cannot be used ({error}): {_TAKEN}"),))
    if not isinstance(found, dict):
        return Description(problems=(_problem(f" holds no object: {_TAKEN}"),))
    texts: dict[str, str | None] = {}
    problems = []
    for key in ("name", "expression_space"):
        value = found.get(key)
        texts[key] = value.strip()[:200] if isinstance(value, str) and value.strip() else None
        if value is not None and not isinstance(value, str):
            problems.append(_problem(f": {key} is {value!r:.80}; expected a string"))
    return Description(**texts, problems=tuple(problems))


_TAKEN = f"the expressions are taken for {FLAME_2020}"


def _problem(message: str) -> Problem:
    return Problem(DESCRIPTION, "description", "warn", f"{DESCRIPTION}{message}")
