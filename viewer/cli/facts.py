"""What `info` knows, as plain values for JSON. docs/cli.md describes every key: keep them stable."""

from __future__ import annotations

import dataclasses
import platform
from collections import Counter
from typing import Any

import numpy as np
from tqdm import tqdm

from viewer._version import VERSION
from viewer.clip import Clip, Flag
from viewer.dataset import ClipSummary, Dataset
from viewer.dataset.layout import SPLITS
from viewer.flame import HeadChoice, installed_heads
from viewer.flame.regions import regions
from viewer.held import spans
from viewer.render import Renderer, list_devices

Facts = dict[str, Any]


def viewer_facts() -> Facts:
    return {"version": VERSION, "python": platform.python_version(), "numpy": np.__version__}


def dataset_facts(dataset: Dataset) -> Facts:
    """Totals over all clips. Reads the headers of their files, with a progress bar on a terminal."""
    summaries = [
        dataset.summary(stem) for stem in tqdm(dataset.stems, desc="clips", unit="", leave=False, disable=None)
    ]
    return {
        "path": str(dataset.path),
        "name": dataset.name,
        "base": None if dataset.base is None else str(dataset.base.path),
        "expression_space": dataset.expression_space,
        "clips": len(dataset),
        "playable": sum(summary.playable for summary in summaries),
        "with_motion": sum(summary.has_motion for summary in summaries),
        "with_audio": sum(summary.has_audio for summary in summaries),
        "with_transcript": sum(summary.has_transcript for summary in summaries),
        "splits": {split: sum(split in summary.splits for summary in summaries) for split in SPLITS},
        "seconds": round(sum(_motion_seconds(summary) for summary in summaries), 3),
        "flags": dict(Counter(flag.code for summary in summaries for flag in summary.flags).most_common()),
        "warnings": list(dataset.warnings),
        "first_clips": [_row(summary) for summary in summaries[:10]],
    }


def model_facts(head: HeadChoice) -> Facts:
    model = head.model
    return {
        "path": str(model.path),
        "version": model.version,
        "hash": model.hash,
        "expression_space": model.expression_space,
        "expressions_play": not head.zero_expression,
        "vertices": len(model.v_template),
        "faces": len(model.faces),
        "shape_coefficients": model.n_shape,
        "exp_coefficients": model.n_exp,
        "source": model.source,
        "licence": model.licence,
        "warnings": list(head.warnings),
    }


def regions_facts(head: HeadChoice) -> Facts:
    """Raises ModelFileError for a mask or landmark file that cannot be used."""
    found = regions(head.model)
    return {
        "source": found.source,
        "vertices": {name: int(mask.sum()) for name, mask in found.masks.items()},
        "landmarks": list(found.landmarks),
    }


def heads_facts() -> list[Facts]:
    return [{"path": str(head.path), "version": head.version} for head in installed_heads()]


def gl_facts(gl: int | str) -> Facts:
    """The EGL devices and the one that `gl` takes. Raises RenderError where OpenGL does not work."""
    with Renderer(gl=gl) as renderer:
        return {
            "devices": [dataclasses.asdict(device) for device in list_devices()],
            "taken": dataclasses.asdict(renderer.info),
        }


def clip_facts(clip: Clip, summary: ClipSummary) -> Facts:
    return {
        "stem": clip.stem,
        "splits": list(clip.splits),
        "frames": len(clip),
        "fps": clip.fps,
        "seconds": round(clip.seconds, 3),
        "expression_space": clip.expression_space,
        "exp_coefficients": clip.exp.shape[1],
        "shape_coefficients": clip.shape.shape[1],
        "shape_varies": bool(np.any(clip.shape != clip.shape[:1])),
        "vertices": None if clip.vertices is None else clip.vertices.shape[1],
        "bad_frames": spans(clip.bad_frames),
        "jaw_degrees": None if clip.vertices is not None else _jaw_degrees(clip),
        "audio": None
        if clip.audio is None
        else {
            "format": summary.audio_format,
            "rate": clip.audio.rate,
            "channels": clip.audio.samples.shape[1],
            "seconds": round(clip.audio.seconds, 3),
        },
        "transcript": clip.transcript,
        "flags": [_flag(flag) for flag in clip.flags],
        "content_hash": clip.content_hash,
    }


def _jaw_degrees(clip: Clip) -> Facts:
    jaw = np.degrees(np.linalg.norm(clip.pose[~clip.bad_frames, 3:].astype(np.float64), axis=1))
    return {
        "mean": round(float(jaw.mean()), 2),
        "p95": round(float(np.percentile(jaw, 95)), 2),
        "max": round(float(jaw.max()), 2),
    }


def _row(summary: ClipSummary) -> Facts:
    return {
        "stem": summary.stem,
        "splits": list(summary.splits),
        "seconds": None if summary.seconds is None else round(summary.seconds, 3),
        "transcript": summary.transcript,
        "flags": [_flag(flag) for flag in summary.flags],
    }


def _motion_seconds(summary: ClipSummary) -> float:
    return summary.seconds if summary.playable and summary.seconds is not None else 0.0


def _flag(flag: Flag) -> Facts:
    return {"code": flag.code, "message": flag.message}
