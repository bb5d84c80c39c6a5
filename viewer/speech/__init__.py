"""Speech of a clip: words and phones in time, and when somebody speaks."""

from viewer.speech.align import align
from viewer.speech.aligner import SpeechError
from viewer.speech.alignment import SILENCE, Alignment, Phone, SpokenWord, Voice
from viewer.speech.apart import Listener, align_apart
from viewer.speech.cache import SpeechCache, alignment_key
from viewer.speech.voice import detect_voice
from viewer.speech.wire import alignment_as_json

__all__ = [
    "SILENCE",
    "Alignment",
    "Listener",
    "Phone",
    "SpeechCache",
    "SpeechError",
    "SpokenWord",
    "Voice",
    "align",
    "align_apart",
    "alignment_as_json",
    "alignment_key",
    "detect_voice",
]
