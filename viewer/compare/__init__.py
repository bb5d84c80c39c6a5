"""A prediction against its reference: pairing, errors on the face, metrics with their names, intervals."""

from viewer.compare.compared import Compared
from viewer.compare.faces import Faces
from viewer.compare.lips import LipRegion, lip_region, read_lip_indices
from viewer.compare.measure import Measured, compare_clips, measure
from viewer.compare.metrics import DERIVED_SUFFIX, METRICS, Metric, metric, of_name
from viewer.compare.pairing import Matching, Pair, match, pair
from viewer.compare.resample import resampled
from viewer.errors import CompareError

__all__ = [
    "DERIVED_SUFFIX",
    "METRICS",
    "CompareError",
    "Compared",
    "Faces",
    "LipRegion",
    "Matching",
    "Measured",
    "Metric",
    "Pair",
    "compare_clips",
    "lip_region",
    "match",
    "measure",
    "metric",
    "of_name",
    "pair",
    "read_lip_indices",
    "resampled",
]
