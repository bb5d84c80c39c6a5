"""The clips of a data set beside those that belong to them in the other data sets of the page."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viewer._version import VERSION
from viewer.clip import Clip
from viewer.clip_arrays import readonly
from viewer.compare import Faces, LipRegion, Measured, Pair, lip_region, measure, of_name, pair
from viewer.dataset import counterpart
from viewer.errors import ClipError, CompareError, DatasetError
from viewer.flame import HeadChoice
from viewer.held import spans
from viewer.web.data_sets import Refused
from viewer.web.library import Library
from viewer.web.wire import pack_clip
from viewer.web.wire.container import pack

NO_DATA = "no data"
"""What frames behind the end of a track hold."""
_FORMAT = 1
"""Part of every entity tag: to be raised when the same two clips are packed in another way."""


@dataclass(frozen=True)
class _Curve:
    label: str
    unit: str
    least_range: tuple[float, float]
    source: str


_CURVES = {
    "lip_error": _Curve("Lip error", "mm", (0, 1), "largest distance of a vertex of the lips"),
    "opening_difference": _Curve("Opening difference", "mm", (-1, 1), "mouth opening, compared minus reference"),
    "face_error": _Curve("Face error", "mm", (0, 1), "mean distance of the vertices of the face"),
    "jaw_error": _Curve("Jaw error", "°", (0, 1), "angle between the rotations of the jaw"),
}
"""How the timeline shows the curves of `measure`, in this order; others come after them under their own names."""


class CompareSource:
    """What the routes serve. Safe to use from many threads."""

    def __init__(
        self,
        library: Library,
        head: HeadChoice,
        others: Mapping[str, Library],
        *,
        head_key: Callable[[], str],
        refused: Sequence[Refused] = (),
    ) -> None:
        """library: of the references; head: that all play on; others: data sets by key; head_key: of the packed head;
        refused: data sets that cannot be opened."""
        self._library = library
        self._head = head
        self._others = others
        self._head_key = head_key
        self._refused = refused
        self._lock = threading.Lock()
        self._measures: tuple[Faces, LipRegion | None] | None = None

    def tracks(self, stem: str) -> list[dict[str, Any]]:
        """What each of the other data sets has for a clip; plain values for JSON.

        Raises DatasetError for an unknown stem, ClipError where the clip itself cannot be used.
        """
        reference = self._library.clip(stem)
        found = [self._track(reference, key) for key in self._others]
        for one in self._refused:
            found.append(_as_json(one.key, one.path.name, refused=f"The data set cannot be opened: {one.reason}"))
        return found

    def pair(self, stem: str, key: str) -> Pair:
        """A clip, and what belongs to it in the data set `key`, on common frames.

        Raises DatasetError where there is no such clip or data set, ClipError for data that cannot be used,
        CompareError for clips that cannot be compared.
        """
        return pair(self._library.clip(stem), self._counterpart(stem, key))

    def tag(self, stem: str, key: str) -> str:
        """Entity tag of whatever is made of a clip and its counterpart; raises as `pair`."""
        clips = self._library.clip(stem), self._counterpart(stem, key)
        parts = (_FORMAT, VERSION, [(clip.stem, clip.content_hash) for clip in clips], self._head_key())
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def pack_prediction(self, pair: Pair) -> bytes:
        """The prediction as the player gets clips, one frame for each of the reference; raises as `pack_clip`."""
        return pack_clip(stretched(pair), self._head, head_key=self._head_key())

    def pack_differences(self, pair: Pair) -> bytes:
        """How far the two are apart; docs/timeline.md lists what is in it. Raises ClipError, CompareError."""
        measured = self._measured(pair)
        names = [*(name for name in _CURVES if name in measured.curves), *(measured.curves.keys() - _CURVES.keys())]
        header: dict[str, Any] = {
            "kind": "differences",
            "stem": pair.stem,
            "prediction": pair.prediction.stem,
            "frames": pair.reference_frames,
            "compared": len(pair),
            "bad_frames": spans(pair.bad_frames),
            "worst_frame": measured.worst_frame,
            "metrics": [_metric(name, value) for name, value in measured.values.items()],
            "remarks": measured.remarks,
            "curves": [{"name": name} | vars(_CURVES.get(name, _Curve(name, "", (0, 1), ""))) for name in names],
        }
        behind = np.full(pair.reference_frames - len(pair), np.nan, np.float32)
        return pack(header, {name: np.concatenate([measured.curves[name], behind]) for name in names})

    def _track(self, reference: Clip, key: str) -> dict[str, Any]:
        name = self._others[key].dataset.name
        try:
            prediction = self._counterpart(reference.stem, key)
            self._head.check(prediction)
            found = pair(reference, prediction)
        except (ClipError, CompareError, DatasetError) as error:
            return _as_json(key, name, refused=str(error))
        remarks = [*found.remarks, *filter(None, [Faces(self._head).why_not(found)])]
        return _as_json(key, name, clip=prediction, remarks=remarks)

    def _counterpart(self, stem: str, key: str) -> Clip:
        if key not in self._others:
            raise DatasetError(
                f"This viewer shows no data set {key[:200]!r} beside this one; it shows {', '.join(self._others)}."
            )
        there = self._others[key]
        self._library.dataset.fingerprint(stem)  # refuses unknown stems
        found = counterpart(stem, self._library.dataset, there.dataset)
        if found is None:
            raise DatasetError(f"{there.dataset.name} has no clip for {stem}.")
        return there.clip(found)

    def _measured(self, pair: Pair) -> Measured:
        with self._lock:
            if self._measures is None:
                faces = Faces(self._head)
                self._measures = faces, lip_region(self._head.model)
            faces, lips = self._measures
        return measure(pair, faces, lips, prediction_stem=pair.prediction.stem)


def stretched(pair: Pair) -> Clip:
    """The prediction with as many frames as the whole reference: behind its end the last one is held, and marked."""
    clip = replace(pair.prediction, audio=None, transcript=None, splits=(), flags=())
    behind = pair.reference_frames - len(pair)
    if behind == 0:
        return clip
    shown = np.minimum(np.arange(pair.reference_frames), len(pair) - 1)
    bad = np.concatenate([clip.bad_frames, np.ones(behind, bool)])
    arrays: dict[str, Any] = {name: readonly(getattr(clip, name)[shown]) for name in ("exp", "pose")}
    constant = clip.shape.strides[0] == 0  # one row that stands for every frame, and is to stay one
    arrays["shape"] = (
        np.broadcast_to(clip.shape[0], (len(shown), clip.shape.shape[1])) if constant else clip.shape[shown]
    )
    if clip.vertices is not None:
        arrays["vertices"] = readonly(clip.vertices[shown])
    values = f"{clip.bad_values} or {NO_DATA}" if clip.bad_values else NO_DATA
    return replace(clip, **arrays, bad_frames=readonly(bad), bad_values=values)


def _metric(name: str, value: float | None) -> dict[str, Any]:
    known = of_name(name)
    about = {} if known is None else {"title": known.title, "unit": known.unit}
    return {"name": name, "title": name, "unit": "", "value": value} | about


def _as_json(
    key: str, name: str, *, clip: Clip | None = None, refused: str | None = None, remarks: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "label": name,
        "stem": None if clip is None else clip.stem,
        "frames": None if clip is None else len(clip),
        "fps": None if clip is None else clip.fps,
        "refused": refused,
        "remarks": list(remarks),
    }
