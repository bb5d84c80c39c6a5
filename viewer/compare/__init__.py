"""A prediction against its reference: pairing, errors on the face, metrics with their names, intervals."""

from viewer.compare.compared import Compared
from viewer.compare.comparison import Comparison
from viewer.compare.faces import Faces
from viewer.compare.lips import LipRegion, lip_region, read_lip_indices
from viewer.compare.measure import Measured, compare_clips, measure
from viewer.compare.metrics import DERIVED_SUFFIX, METRICS, Metric, metric, of_name
from viewer.compare.pairing import Matching, Pair, match, pair
from viewer.compare.pooling import Pooled, pool
from viewer.compare.resample import resampled
from viewer.compare.run import Options, compare_datasets, measure_stem, results_folder
from viewer.errors import CompareError

__all__ = [
    "DERIVED_SUFFIX",
    "METRICS",
    "CompareError",
    "Compared",
    "Comparison",
    "Faces",
    "LipRegion",
    "Matching",
    "Measured",
    "Metric",
    "Options",
    "Pair",
    "Pooled",
    "compare_clips",
    "compare_datasets",
    "lip_region",
    "match",
    "measure",
    "measure_stem",
    "metric",
    "of_name",
    "pair",
    "pool",
    "read_lip_indices",
    "resampled",
    "results_folder",
]
