"""Verdicts on clips: who judged what, kept outside data set and cache; the queues that are judged; what comes of it."""

from viewer.review.desk import ReviewDesk
from viewer.review.store import Record, Reviews, default_file
from viewer.review.verdict import KINDS, Verdict, default_reviewer
from viewer.shares import wilson

__all__ = ["KINDS", "Record", "ReviewDesk", "Reviews", "Verdict", "default_file", "default_reviewer", "wilson"]
