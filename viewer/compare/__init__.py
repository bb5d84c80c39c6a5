"""A prediction against its reference: pairing, errors on the face, metrics with their names, intervals."""

from viewer.compare.faces import Faces
from viewer.compare.pairing import Matching, Pair, match, pair
from viewer.compare.resample import resampled
from viewer.errors import CompareError

__all__ = ["CompareError", "Faces", "Matching", "Pair", "match", "pair", "resampled"]
