"""A clip as the player gets it: all that is needed to show and caption it, but for the head and the sound."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from viewer.clip import Clip
from viewer.flame import HeadChoice
from viewer.flame.coefficients import check_coefficients
from viewer.held import spans
from viewer.video import alterations
from viewer.web.wire.container import pack
from viewer.web.wire.head import acting_expressions, used_columns
from viewer.web.wire.identity import fold_identity
from viewer.web.wire.track import pack_track
from viewer.words import estimate_words


def pack_clip(clip: Clip, head: HeadChoice, *, head_key: str) -> bytes:
    """Motion, words and what the viewer noticed, for the head whose packed form has `head_key`.

    Raises ClipError where the clip does not fit the model, as `HeadChoice.check`, or is a track too large to be sent.
    """
    head.check(clip)
    arrays = _coefficients(clip, head) if clip.vertices is None else pack_track(clip.vertices, stem=clip.stem)
    return pack(_header(clip, head, head_key, arrays), arrays)


def _coefficients(clip: Clip, head: HeadChoice) -> dict[str, np.ndarray]:
    zeroed = head.zero_expression
    coefficients = check_coefficients(
        n_shape=head.model.n_shape,
        n_exp=head.model.n_exp,
        exp=None if zeroed else clip.exp,
        shape=None if zeroed else clip.shape,
        pose=clip.pose,
        neck=None,
        eyes=None,
        head_pose="root",
    )
    n_exp = min(used_columns(coefficients.exp), acting_expressions(head.model))
    arrays: dict[str, np.ndarray] = {
        "exp": coefficients.exp[:, :n_exp].astype(np.float32),
        "pose": np.ascontiguousarray(clip.pose, np.float32),
    }
    if coefficients.shape.any():
        identity = fold_identity(head.model, coefficients.shape, len(clip))
        arrays |= {
            "identity_offset": identity.offset,
            "identity_offset_scale": identity.offset_scale,
            "joints": identity.joints,
        }
        if len(identity.scale):
            arrays |= {
                "identity": identity.coefficients,
                "identity_dirs": identity.directions,
                "identity_scale": identity.scale,
                "identity_joint_dirs": identity.joint_directions,
            }
    return arrays


def sound_key(clip: Clip) -> str | None:
    """Names the sound of a clip as `wav_bytes` makes it; None where there is none."""
    if clip.audio is None:
        return None
    return hashlib.sha256(f"{clip.audio.content_hash}|{len(clip)}|{clip.fps}".encode()).hexdigest()[:32]


def _header(clip: Clip, head: HeadChoice, head_key: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    return {
        "kind": "clip",
        "motion": "coefficients" if clip.vertices is None else "vertices",
        "stem": clip.stem,
        "content": clip.content_hash,
        "head": head_key,
        "frames": len(clip),
        "fps": clip.fps,
        "sound": sound_key(clip),
        "transcript": clip.transcript,
        "words": [[word.text, round(word.start, 4), round(word.end, 4)] for word in estimate_words(clip)],
        "splits": list(clip.splits),
        "flags": [{"code": flag.code, "message": flag.message} for flag in clip.flags],
        "altered": list(alterations(clip, head)),
        "zero_expression": head.zero_expression and clip.vertices is None,
        "bad_frames": spans(clip.bad_frames),
        "bad_values": clip.bad_values,
        "identity_changes": "identity" in arrays,
    }
