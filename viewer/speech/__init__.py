"""Speech of a clip: words and phones in time, and when somebody speaks."""

from viewer.speech.alignment import SILENCE, Alignment, Phone, SpokenWord, Voice

__all__ = ["SILENCE", "Alignment", "Phone", "SpokenWord", "Voice"]
