"""What the page says about a clip and about the model, as plain values for JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from viewer import looks
from viewer._version import VERSION
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.flame import HeadChoice
from viewer.render import GlInfo
from viewer.video import alterations
from viewer.words import estimate_words

_QUIETEST_DB = -50.0


def clip_facts(clip: Clip, head: HeadChoice) -> dict[str, Any]:
    """Facts of a clip, its words in time, and two curves per frame: jaw opening in degrees and loudness 0..1."""
    return {
        "stem": clip.stem,
        "frames": len(clip),
        "fps": clip.fps,
        "seconds": clip.seconds,
        "splits": list(clip.splits),
        "expressions": clip.exp.shape[1],
        "identity": clip.shape.shape[1],
        "vertices": None if clip.vertices is None else clip.vertices.shape[1],
        "expression_space": clip.expression_space,
        "content_hash": clip.content_hash,
        "audio": None
        if clip.audio is None
        else {
            "rate": clip.audio.rate,
            "channels": clip.audio.samples.shape[1],
            "seconds": clip.audio.seconds,
        },
        "flags": [{"code": flag.code, "message": flag.message} for flag in clip.flags],
        "altered": list(alterations(clip, head)),
        "words": [[word.text, round(word.start, 3), round(word.end, 3)] for word in estimate_words(clip)],
        "jaw": _jaw(clip),
        "loudness": loudness(clip).tolist(),
    }


def _jaw(clip: Clip) -> dict[str, Any] | None:
    """Opening in degrees, null in frames that are bad in the data; None for a track of vertices."""
    if clip.vertices is not None:
        return None
    angle = np.degrees(np.linalg.norm(clip.pose[:, 3:6], axis=1))
    known = angle[~clip.bad_frames]
    curve = [None if bad else round(float(a), 2) for a, bad in zip(angle, clip.bad_frames, strict=True)]
    return {"mean": float(known.mean()), "max": float(known.max()), "curve": curve}


def loudness(clip: Clip) -> np.ndarray:
    """Loudness of the sound during each frame: 0 at 50 dB below the clip's loudest frame, 1 at the loudest; (T,)."""
    power = np.zeros(len(clip))
    if clip.audio is not None:
        samples = np.asarray(clip.audio.samples, np.float64)
        edges = np.round(np.arange(len(clip) + 1) * clip.audio.rate / clip.fps).astype(int).clip(0, len(samples))
        cumulated = np.concatenate([[0.0], np.cumsum((samples**2).mean(axis=1))])
        power = (cumulated[edges[1:]] - cumulated[edges[:-1]]) / np.maximum(np.diff(edges), 1)
    if not power.max() > 0:
        return power
    level_db = 10 * np.log10(np.maximum(power / power.max(), 1e-12))
    return np.round((1 - level_db / _QUIETEST_DB).clip(0, 1), 3)


def viewer_facts(dataset: Dataset, head: HeadChoice, gl: GlInfo | None, gl_error: str | None) -> dict[str, Any]:
    """Facts of the data set, the model and the renderer, and the choices that the page offers."""
    model = head.model
    return {
        "version": VERSION,
        "dataset": {
            "name": dataset.name,
            "path": short_path(dataset.path),
            "clips": len(dataset),
            "first": dataset.stems[0] if dataset.stems else None,
            "expression_space": dataset.expression_space,
            "warnings": list(dataset.warnings),
        },
        "model": {
            "version": model.version,
            "path": short_path(model.path),
            "hash": model.hash,
            "vertices": len(model.v_template),
            "expressions": model.n_exp,
            "identities": model.n_shape,
            "expression_space": model.expression_space,
            "source": model.source,
            "licence": model.licence,
            "warnings": list(head.warnings),
        },
        "gl": None
        if gl is None
        else {"renderer": gl.renderer, "software": gl.software, "device": gl.device, "why": gl.why},
        "gl_error": gl_error,
        "looks": list(looks.LOOKS),
        "cameras": list(looks.CAMERAS),
    }


def short_path(path: Path) -> str:
    """The path from where the program was started, or from the user's home, if it lies there."""
    path = path.absolute()
    if path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return str(path)
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
