"""Where clips come from: a folder in the WebTalk-Synthetic layout, read with bounded readers."""

from viewer.dataset.counterpart import counterpart
from viewer.dataset.dataset import DEMO_DATASET, Dataset
from viewer.dataset.summary import ClipSummary

__all__ = ["DEMO_DATASET", "ClipSummary", "Dataset", "counterpart"]
