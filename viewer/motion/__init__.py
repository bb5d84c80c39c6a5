"""What a clip does over time: curves per frame, and pictures of its sound."""

from viewer.motion.curves import Curve, CurveMaker, head_angles, jaw_angle, loudness
from viewer.motion.sound import Spectrogram, Waveform, spectrogram, waveform

__all__ = [
    "Curve",
    "CurveMaker",
    "Spectrogram",
    "Waveform",
    "head_angles",
    "jaw_angle",
    "loudness",
    "spectrogram",
    "waveform",
]
