"""Alignments and clips' sounds as bytes: for the cache's files and between processes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from viewer.clip import Audio, Clip
from viewer.errors import ViewerError
from viewer.speech.alignment import Alignment, Phone, SpokenWord, Voice


class WireError(ViewerError):
    """Bytes are not what they should be."""


def alignment_as_json(alignment: Alignment) -> dict[str, Any]:
    """status, words [[text, start, end, weak], …], phones [[label, start, end, score], …], confidence, message."""
    return {
        "status": alignment.status,
        "words": [[word.text, word.start, word.end, word.weak] for word in alignment.words],
        "phones": [[phone.label, phone.start, phone.end, phone.score] for phone in alignment.phones],
        "confidence": alignment.confidence,
        "message": alignment.message,
    }


def alignment_from_json(found: Any) -> Alignment:
    """The reverse. Raises WireError for anything else."""
    try:
        return Alignment(
            status=found["status"],
            words=tuple(SpokenWord(str(text), float(a), float(b), bool(weak)) for text, a, b, weak in found["words"]),
            phones=tuple(Phone(str(label), float(a), float(b), float(score)) for label, a, b, score in found["phones"]),
            confidence=None if found["confidence"] is None else float(found["confidence"]),
            message=str(found["message"]),
        )
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"these are no words in time: {error!r}") from error


def voice_as_json(voice: Voice) -> dict[str, Any]:
    """probability, in thousandths, and seconds_per_value."""
    return {
        "probability": np.rint(voice.probability * 1000).astype(int).tolist(),
        "seconds_per_value": voice.seconds_per_value,
    }


def voice_from_json(found: Any) -> Voice:
    """The reverse. Raises WireError for anything else."""
    try:
        probability = np.asarray(found["probability"], np.float32) / 1000
        seconds_per_value = float(found["seconds_per_value"])
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"this is no voice in time: {error!r}") from error
    if probability.ndim != 1 or not seconds_per_value > 0:
        raise WireError(f"this is no voice in time: {probability.shape} values, {seconds_per_value} s each")
    probability.flags.writeable = False
    return Voice(probability, seconds_per_value)


def pack_speech(clip: Clip) -> bytes:
    """What aligning needs of a clip with sound: a line of JSON, then the samples."""
    assert clip.audio is not None
    header = {
        "stem": clip.stem,
        "frames": len(clip),
        "fps": clip.fps,
        "transcript": clip.transcript,
        "rate": clip.audio.rate,
        "channels": clip.audio.samples.shape[1],
    }
    return json.dumps(header).encode() + b"\n" + np.ascontiguousarray(clip.audio.samples, "<f4").tobytes()


def unpack_speech(data: bytes) -> Clip:
    """A clip with that sound and transcript, as long as the packed one; its face does not move."""
    line, _, samples = data.partition(b"\n")
    header = json.loads(line)
    clip = Clip.from_arrays(
        stem=header["stem"],
        exp=np.zeros((header["frames"], 1), np.float32),
        pose=np.zeros((header["frames"], 6), np.float32),
        fps=header["fps"],
        transcript=header["transcript"],
        audio=np.frombuffer(samples, "<f4").reshape(-1, header["channels"]),
        sample_rate=header["rate"],
    )
    assert isinstance(clip.audio, Audio)
    return clip
