"""Checks of the face against what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float64
from scipy.ndimage import binary_dilation, binary_erosion

from viewer.held import spans
from viewer.quality.inputs import Inputs
from viewer.quality.mouths import BILABIALS, lag, template
from viewer.quality.places import runs
from viewer.quality.population import Reference
from viewer.quality.registry import Measured, check, not_applicable
from viewer.speech import SILENCE, Alignment, Voice

_MOST_LAG_SECONDS = 0.48
_TOGETHER_MS = 20.0
_LEAST_CORRELATION = 0.25
"""Below this mouth and phones have nothing in common that a lag could be told from."""
_LEAST_SECONDS = 0.4
_SILENCE_MARGIN_SECONDS = 0.16
"""Next to speech, left out of silence: mouths open before a sound and close after it."""
_AROUND_SECONDS = 0.04
"""Next to a phone, in which the lips may meet as well: so exact are its times."""
_SHORTEST_CLOSED_SECONDS = 0.3
_CLOSED_MM = 1.0
"""Beyond the head at rest, or the clip's most closed 5 %: lips touch before their inner edges do."""
_CLOSED_PERCENTILE = 5
_STEP = 0.01
"""Seconds, in which the match of words and sound is looked at: those of the aligner."""
_WORST_SECONDS = 1.0
"""Of speech: less is a slurred word, more would hide a wrong one."""
_GAP_EDGE_SECONDS = 0.05
"""At both ends of a voice without words: so exact are the times of both."""
_NOT_FOUND = -100.0
"""Score of what was not found in the sound, or not in the transcript."""


def _phones(inputs: Inputs) -> Alignment | str:
    """The alignment, or why there is none."""
    if inputs.alignment is None:
        return "words and phones were not looked for"
    if inputs.alignment.status != "aligned":
        return inputs.alignment.message.rstrip(".") or "no phones are known"
    return inputs.alignment


def _settle_lag(measured: Measured, reference: Reference) -> Measured:
    if measured.value is None:
        return measured
    ms = round(measured.value - reference.lag, 2)
    if abs(ms) < _TOGETHER_MS:
        message = f"Sound and mouth agree to {abs(ms):.0f} ms."
    else:
        message = f"The mouth moves {abs(ms):.0f} ms {'after' if ms > 0 else 'before'} the sound."
    return replace(measured, value=ms, message=message)


@check("av_lag", title="Lag of the mouth", unit="ms", worse="away", stage="speech", settle=_settle_lag, own=False)
def av_lag(inputs: Inputs) -> Measured:
    """Milliseconds by which the mouth comes after the sound: where its opening fits the phones' openings best."""
    alignment = _phones(inputs)
    if isinstance(alignment, str):
        return not_applicable(alignment)
    mouth = inputs.opening
    if mouth is None:
        return not_applicable("needs a head model with a mouth")
    expected = template(alignment.phones, len(inputs), inputs.fps)
    found = lag(mouth, expected, inputs.good, most=round(_MOST_LAG_SECONDS * inputs.fps))
    if found is None:
        return not_applicable("the mouth does not move, or not with the phones, or the clip is too short")
    frames, correlation = found
    if correlation < _LEAST_CORRELATION:
        return not_applicable(f"the mouth follows the phones too little to tell a lag (correlation {correlation:.2f})")
    return Measured(1000 * frames / inputs.fps, data={"correlation": round(correlation, 3)})


@check(
    "silence_motion",
    title="Motion in silence",
    unit="mm/s",
    stage="speech",
    place="The mouth moves at {value:.0f} mm/s while nobody speaks, from {start:.2f} to {end:.2f} s.",
    whole="While nobody speaks the mouth moves at {value:.0f} mm/s.",
    own=False,
)
def silence_motion(inputs: Inputs) -> Measured:
    """Mean speed of the mouth's opening in frames that lie more than 0.16 s from any speech."""
    voiced, mouth = inputs.speaking, inputs.opening
    if voiced is None or mouth is None:
        return not_applicable(inputs.no_voice if voiced is None else "needs a head model with a mouth")
    silent = ~_wider(voiced, _frames(_SILENCE_MARGIN_SECONDS, inputs))
    silent[1:] &= inputs.good[1:] & inputs.good[:-1]
    silent[:1] = False
    least = _frames(_LEAST_SECONDS, inputs)
    if silent.sum() < least:
        return not_applicable(f"less than {_LEAST_SECONDS} s of silence")
    speed = np.zeros(len(inputs))
    speed[1:] = np.abs(np.diff(mouth)) * inputs.fps
    places = sorted(
        (
            (first / inputs.fps, (last + 1) / inputs.fps, float(speed[first : last + 1].mean()))
            for first, last in spans(silent)
            if last + 1 - first >= least // 2
        ),
        key=lambda place: -place[2],
    )
    curve = np.where(silent, speed, np.nan)
    return Measured(float(speed[silent].mean()), tuple(places[:5]), curve=curve)


@check(
    "speech_closed",
    title="Mouth closed in speech",
    unit="%",
    stage="speech",
    whole="The mouth is closed during {value:.0f} % of the speech.",
    own=False,
)
def speech_closed(inputs: Inputs) -> Measured:
    """Share of the frames with speech in which the mouth is closed; the place is the longest such stretch."""
    voiced, mouth = inputs.speaking, inputs.opening
    if voiced is None or mouth is None or inputs.face is None:
        return not_applicable(inputs.no_voice if voiced is None else "needs a head model with a mouth")
    inner = binary_erosion(voiced, iterations=1) & inputs.good
    if inner.sum() < _frames(_LEAST_SECONDS, inputs):
        return not_applicable("hardly any speech")
    closed = inner & (mouth <= inputs.face.rest_opening + _CLOSED_MM)
    value = 100 * float(closed[inner].mean())
    longest = [place for place in runs(closed, inputs.fps) if place[2] >= _SHORTEST_CLOSED_SECONDS]
    message = f"The mouth is closed during {value:.0f} % of the speech"
    if longest:
        start, _, seconds = longest[0]
        message += f", at {start:.2f} s for {seconds:.2f} s on end"
    return Measured(value, tuple((start, end, value) for start, end, _ in longest[:1]), message=f"{message}.")


@check(
    "bilabial",
    title="Lips closed at P, B, M",
    unit="mm",
    stage="speech",
    place="The lips stay {value:.1f} mm apart at a P, B or M from {start:.2f} to {end:.2f} s.",
    own=False,
)
def bilabial(inputs: Inputs) -> Measured:
    """How far the lips stay apart at P, B and M: median over them of the least opening, beyond the closed mouth."""
    alignment = _phones(inputs)
    if isinstance(alignment, str):
        return not_applicable(alignment)
    mouth = inputs.opening
    if mouth is None or inputs.face is None or inputs.geometry is None:
        return not_applicable("needs a head model with a mouth")
    if inputs.has_coefficients and not inputs.geometry.expressive:
        return not_applicable("this head cannot make the clip's expressions")
    phones = [phone for phone in alignment.phones if phone.label in BILABIALS]
    closed = min(float(np.percentile(mouth[inputs.good], _CLOSED_PERCENTILE)), inputs.face.rest_opening + _CLOSED_MM)
    around = _frames(_AROUND_SECONDS, inputs)
    left_open = []
    for phone in phones:
        first = max(int(phone.start * inputs.fps) - around, 0)
        last = min(int(np.ceil(phone.end * inputs.fps)) + around, len(inputs))
        known = inputs.good[first:last]
        if known.any():
            left_open.append((phone.start, phone.end, float(mouth[first:last][known].min()) - closed))
    if not left_open:
        return not_applicable("no P, B or M is said")
    gaps = np.array([gap for _, _, gap in left_open])
    shut = int((gaps <= _CLOSED_MM).sum())
    value = float(np.median(gaps))
    message = f"The lips close at {shut} of {len(gaps)} P, B and M; they stay {max(value, 0):.1f} mm apart (median)."
    worst = sorted(left_open, key=lambda place: -place[2])[:5]
    return Measured(max(value, 0.0), tuple(worst), message=message)


@check(
    "transcript",
    title="Transcript against sound",
    worse="low",
    stage="speech",
    place="The sound matches the words of the transcript badly ({value:.0f}) from {start:.2f} to {end:.2f} s.",
    whole="The words match the sound at {value:.0f} or better (right transcripts reach -25).",
    own=False,
)
def transcript(inputs: Inputs) -> Measured:
    """How well words and sound match in the worst second of speech; -100 where the transcript was not found in it.

    The mean score of the phones, where a voice that has no words in the transcript counts -100.
    """
    alignment = inputs.alignment
    if alignment is None:
        return not_applicable("words and phones were not looked for")
    if alignment.confidence is None:
        return not_applicable(alignment.message.rstrip(".") or "nothing was aligned")
    if alignment.status != "aligned":
        return Measured(_NOT_FOUND, message=alignment.message)
    score, unwritten = _match(alignment, inputs.voice)
    speech = np.flatnonzero(~np.isnan(score))
    if not len(speech):  # the sound as a whole is all there is
        return Measured(alignment.confidence)
    n = min(round(_WORST_SECONDS / _STEP), len(speech))
    means = np.convolve(score[speech], np.ones(n) / n, "valid")
    worst = speech[int(means.argmin()) :][:n]
    value = float(means.min())
    if unwritten[worst].sum() < n / 2:
        start, end = (float(worst[0]) * _STEP, float(worst[-1] + 1) * _STEP)
        return Measured(value, ((start, end, value),))
    first, last = max(spans(unwritten), key=lambda gap: ((worst >= gap[0]) & (worst <= gap[1])).sum())
    start, end = first * _STEP - _GAP_EDGE_SECONDS, (last + 1) * _STEP + _GAP_EDGE_SECONDS
    message = f"Somebody speaks from {start:.2f} to {end:.2f} s, and the transcript has no words for it ({value:.0f})."
    return Measured(value, ((start, end, value),), message=message)


def _match(alignment: Alignment, voice: Voice | None) -> tuple[Float64[np.ndarray, " N"], Bool[np.ndarray, " N"]]:
    """Score of each step with a word, or with a voice without words; NaN elsewhere. And which have no words."""
    n = round(alignment.phones[-1].end / _STEP)
    score = np.full(n, np.nan)
    for phone in alignment.phones:
        if phone.label != SILENCE:
            score[round(phone.start / _STEP) : round(phone.end / _STEP)] = phone.score
    unwritten = np.zeros(n, bool)
    if voice is not None:
        wordless = voice.active(n, 1 / _STEP) & np.isnan(score)
        unwritten = binary_erosion(wordless, iterations=round(_GAP_EDGE_SECONDS / _STEP))
    score[unwritten] = _NOT_FOUND
    return score, unwritten


def _frames(seconds: float, inputs: Inputs) -> int:
    return max(round(seconds * inputs.fps), 1)


def _wider(mask: Bool[np.ndarray, " T"], frames: int) -> Bool[np.ndarray, " T"]:
    return binary_dilation(mask, iterations=frames) if len(mask) else mask
