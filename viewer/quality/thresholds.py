"""Reading, and writing, the limits beyond which values are findings."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from viewer.errors import UsageError
from viewer.paths import user_path, whole_file
from viewer.quality.finding import SEVERITIES, Severity
from viewer.quality.registry import CHECKS, LIMITS

DEFAULT_FILE = Path(__file__).with_name("thresholds.toml")
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Limit:
    """Values beyond this are findings."""

    kind: str
    """One of `registry.LIMITS`."""
    value: float
    unit: str = ""
    reason: str = ""
    source: str = ""
    spread: float | None = None
    """Robust standard deviations from the median at which a data set puts it; None where no data set changes it."""

    @property
    def severity(self) -> Severity:
        return next(severity for severity in SEVERITIES if self.kind.startswith(severity))

    def exceeded(self, value: float) -> bool:
        return value > self.value if self.kind.endswith("above") else value < self.value


@dataclass(frozen=True)
class Thresholds:
    """The limits of every check, by its name."""

    limits: Mapping[str, tuple[Limit, ...]]

    @classmethod
    def load(cls, path: str | Path | None = None) -> Thresholds:
        """The viewer's own, changed by what a file says; a check that it leaves out keeps its limits.

        Raises UsageError that names what is wrong in the file.
        """
        own = _read(DEFAULT_FILE)
        return cls(own if path is None else own | _read(user_path(path)))

    def of(self, check: str) -> tuple[Limit, ...]:
        """Limits of a check, those of its plugin where no file has any."""
        if check in self.limits:
            return self.limits[check]
        known = CHECKS.get(check)
        return () if known is None else tuple(Limit(kind, value) for kind, value in known.limits.items())

    def severity(self, check: str, value: float | None) -> Severity:
        """That of the worst limit exceeded; "ok" where none is, or there is no value."""
        if value is None:
            return "ok"
        exceeded = [limit.severity for limit in self.of(check) if limit.exceeded(value)]
        return min(exceeded, key=SEVERITIES.index, default="ok")

    def with_value(self, check: str, kind: str, value: float, source: str) -> Thresholds:
        """With another value of one limit."""
        changed = tuple(
            replace(limit, value=value, source=source) if limit.kind == kind else limit for limit in self.of(check)
        )
        return Thresholds({**self.limits, check: changed})

    def as_toml(self) -> str:
        """A file that `load` reads."""
        lines = ["# Limits of the checks: viewer/quality/thresholds.toml says what the keys mean."]
        for check, limits in self.limits.items():
            for limit in limits:
                lines += ["", f"[{check}.{limit.kind}]", f"value = {limit.value!r}"]
                for key in ("unit", "reason", "source"):
                    lines.append(f"{key} = {json.dumps(getattr(limit, key), ensure_ascii=False)}")
                if limit.spread is not None:
                    lines.append(f"spread = {limit.spread!r}")
        return "\n".join(lines) + "\n"

    def save(self, path: Path) -> None:
        """Raises UsageError where the file cannot be written."""
        with whole_file(path, error=UsageError) as part:
            part.write_text(self.as_toml(), encoding="utf-8")


def _read(path: Path) -> dict[str, tuple[Limit, ...]]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
        tables = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"--thresholds {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--thresholds {path} is no TOML: {error}") from error
    return {
        check: tuple(_limit(path, check, *item) for item in _table(path, check, table))
        for check, table in tables.items()
    }


def _table(path: Path, check: str, table: Any) -> list[tuple[str, Any]]:
    if not isinstance(table, dict):
        raise UsageError(f"--thresholds {path}: {check} is {table!r:.60}; expected tables such as [{check}.warn_above]")
    return list(table.items())


def _limit(path: Path, check: str, kind: str, table: Any) -> Limit:
    where = f"--thresholds {path}: [{check}.{kind}]"
    if kind not in LIMITS:
        raise UsageError(f"{where} is no limit; expected {', '.join(LIMITS)}")
    if not isinstance(table, dict) or not _is_number(table.get("value")):
        raise UsageError(f"{where} has no number as its value")
    unknown = [key for key in table if key not in ("value", "unit", "reason", "source", "spread")]
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}; expected value, unit, reason, source, spread")
    spread = table.get("spread")
    if spread is not None and not (_is_number(spread) and spread > 0):
        raise UsageError(f"{where}: spread is {spread!r}; expected a number above 0")
    texts = {key: str(table.get(key, "")) for key in ("unit", "reason", "source")}
    return Limit(kind, float(table["value"]), **texts, spread=None if spread is None else float(spread))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
