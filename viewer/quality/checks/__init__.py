"""The viewer's own checks; importing this registers them."""

from viewer.quality.checks import face, pose, smooth, speech, values
from viewer.quality.registry import CHECKS

ORDER = (
    "integrity",
    "duration",
    "range",
    "jaw",
    "head",
    "frozen",
    "pop",
    "seam",
    "jitter",
    "av_lag",
    "silence_motion",
    "speech_closed",
    "bilabial",
    "lips_crossing",
    "blinks",
    "expressiveness",
    "identity",
    "transcript",
)
"""Of the report."""

for _name in ORDER:
    CHECKS[_name] = CHECKS.pop(_name)

__all__ = ["ORDER", "face", "pose", "smooth", "speech", "values"]
