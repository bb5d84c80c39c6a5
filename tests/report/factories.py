"""Clips with findings, as the checks would make them."""

import io

import numpy as np
from PIL import Image

from viewer.quality import Check, ClipQuality, Finding
from viewer.quality.thresholds import Limit, Thresholds
from viewer.report import report

CHECKS = (
    Check("jaw", "Jaw angle", "°", lambda inputs: None),
    Check("pop", "Pop", "×", lambda inputs: None),
    Check("av_lag", "A/V lag", "frames", lambda inputs: None),
)
THRESHOLDS = Thresholds({"jaw": (Limit("warn_above", 20.0), Limit("error_above", 35.0), Limit("warn_below", -3.0))})


def finding(check="pop", severity="warn", *, value=9.0, percentile=99.0, start=3.24, message="Pop at 3.24 s: 9 ×"):
    end = None if start is None else start + 0.04
    return Finding(check, severity, value, "×", percentile, start, end, message)


def clip(stem, *findings, **scores):
    return ClipQuality(stem, "hash", findings, {"jaw": 4.0, "pop": 1.0, "av_lag": 0.0, **scores})


def page(clips, **options):
    given = {"dataset": "Some data", "model": "Some head", "checks": CHECKS, "thresholds": THRESHOLDS}
    return report(clips, **{**given, **options})


def link(stem, seconds):
    return f"http://127.0.0.1:7860/?clip={stem}&t={seconds:.2f}"


def picture(kind="JPEG"):
    data = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), 120, np.uint8)).save(data, kind)
    return data.getvalue()
