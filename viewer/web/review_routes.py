"""What the review panel fetches and says, under /viewer/review. docs/review.md tells more.

What changes anything is a POST of JSON, behind the guard; clips are named by stems that are looked up in the data set.
"""

from __future__ import annotations

import bisect
import json
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from viewer.dataset.layout import SPLITS
from viewer.filenames import file_name
from viewer.review import ReviewDesk, Verdict, default_reviewer, export
from viewer.review.desk import as_json as record_json
from viewer.review.queues import Queue
from viewer.review.verdict import MAX_NOTE, MAX_REASON, MAX_REVIEWER, MAX_STEM, Kind
from viewer.web.answers import as_json, guarded
from viewer.web.list_routes import Asked

PREFIX = "/viewer"
READS = 50
"""Clips that are read at most in one request to see whether they changed since they were judged; some 5 ms each."""
_METHODS = ["GET", "HEAD"]
_Stem = Annotated[str, fastapi.Query(max_length=MAX_STEM)]
_Name = Annotated[str, fastapi.Query(max_length=200)]


class Judgement(BaseModel):
    """A reviewer's verdict on a clip."""

    clip: str = Field(max_length=MAX_STEM)
    motion_hash: str = Field(max_length=64)
    verdict: Kind
    reason: str = Field("", max_length=MAX_REASON)
    note: str = Field("", max_length=MAX_NOTE)
    time: float | None = None
    reviewer: str = Field("", max_length=MAX_REVIEWER)
    replaces: int | None = Field(None, ge=1, lt=2**63)


class Undo(BaseModel):
    """The verdict to take back."""

    id: int = Field(ge=1, lt=2**63)


def review_router(desk: ReviewDesk, *, prefix: str = PREFIX) -> APIRouter:
    """The routes; include them before a catch-all mount."""
    router = APIRouter(prefix=f"{prefix}/review")

    @router.api_route("", methods=_METHODS)
    def overview() -> Response:
        """Where verdicts are kept, who reviews, which queues there are."""

        def answer() -> Response:
            desk.reviews.check()
            offered = [{"name": queue.name, "title": queue.title} for queue in desk.queues()]
            return as_json(
                {"file": str(desk.reviews.file), "reviewer": default_reviewer(), "queues": offered}
                | {"splits": export.split_names(desk.dataset)}
            )

        return guarded(answer)

    @router.api_route("/marks", methods=_METHODS)
    def marks() -> Response:
        """The verdict on each clip that has one, for the list: [kind, state]."""

        def answer() -> Response:
            found = desk.standing(reads=READS)
            kinds = {stem: [one.record.verdict.verdict, one.state] for stem, one in found.items()}
            return as_json({"marks": kinds, "unchecked": sum(state == "unchecked" for _, state in kinds.values())})

        return guarded(answer)

    @router.api_route("/clip", methods=_METHODS)
    def clip(clip: _Stem) -> Response:
        """What was said of a clip, the latest first, and reasons to pick from."""

        def answer() -> Response:
            motion_hash = desk.motion_hash(clip)  # first: it refuses unknown clips
            history = desk.reviews.history(desk.dataset.path, clip)
            said = [record_json(one, desk.state(one)) for one in reversed(history) if one.withdrawn is None]
            return as_json({"stem": clip, "motion_hash": motion_hash, "said": said, "reasons": desk.reasons(clip)})

        return guarded(answer)

    @router.api_route("/queue", methods=_METHODS)
    def queue(asked: Asked, name: _Name, clip: _Stem = "") -> Response:
        """How far a queue is, and what lies around a clip in it. The list's parameters hold for the queue `list`."""

        def answer() -> Response:
            query = asked.parsed() if name == "list" else None
            return as_json(_progress(desk, desk.queue(name, query=query), clip))

        return guarded(answer)

    @router.post("/verdict")
    def verdict(said: Judgement) -> Response:
        """Keep a verdict."""

        def answer() -> Response:
            given = Verdict(stem=said.clip, **said.model_dump(exclude={"clip", "replaces"}))
            return as_json({"verdict": record_json(desk.judge(given, replaces=said.replaces), "current")})

        return guarded(answer)

    @router.post("/undo")
    def undo(last: Undo) -> Response:
        """Take back a verdict; tells which it was."""
        return guarded(lambda: as_json({"verdict": record_json(desk.undo(last.id))}))

    @router.api_route("/export/csv", methods=_METHODS)
    def as_table() -> Response:
        """The verdicts that stand, for a spreadsheet."""

        def answer() -> Response:
            # With a byte order mark, by which spreadsheets know UTF-8.
            text = "\ufeff" + "".join(f"{line}\r\n" for line in export.as_csv(desk))
            return _file(text, f"{_name(desk)}.verdicts.csv", "text/csv")

        return guarded(answer)

    @router.api_route("/export/json", methods=_METHODS)
    def as_document() -> Response:
        """All verdicts and their history, for `review import`."""

        def answer() -> Response:
            text = json.dumps(export.as_document(desk), indent=2, allow_nan=False)
            return _file(text, f"{_name(desk)}.verdicts.json", "application/json")

        return guarded(answer)

    @router.api_route("/export/split", methods=_METHODS)
    def as_split(split: _Name = SPLITS[0], drop: _Name = "bad") -> Response:
        """The list of a split without the clips that were judged as in `drop`, kinds with commas between them."""

        def answer() -> Response:
            kept = export.cleaned_split(desk, split, drop=drop.split(","))
            return _file("".join(f"{stem}\n" for stem in kept), f"{split}.txt", "text/plain")

        return guarded(answer)

    return router


def _progress(desk: ReviewDesk, queue: Queue, clip: str) -> dict[str, Any]:
    """What the panel shows of a queue around a clip: neighbours, and the next without a verdict, round the end too."""
    stems = queue.stems
    judged = {} if queue.judged else desk.judged(among=set(stems), reads=READS)
    place = stems.index(clip) if clip in stems else None
    before, behind = _around(queue, clip, place)
    return {
        "name": queue.name,
        "title": queue.title,
        "note": queue.note,
        "judged": queue.judged,
        "total": len(stems),
        "done": len(judged),
        "position": place,
        "previous": stems[before - 1] if before > 0 else None,
        "next": stems[behind] if behind < len(stems) else None,
        "open": next((stem for stem in (*stems[behind:], *stems[:before]) if stem not in judged), None),
        "rate": desk.rate(stems).as_json() if queue.sample else None,
    }


def _around(queue: Queue, clip: str, place: int | None) -> tuple[int, int]:
    """How many clips are in front of one, and the number of the first behind it.

    A clip that was just judged may have left a queue of verdicts: what follows on it is told by the order of stems.
    """
    if place is not None:
        return place, place + 1
    there = bisect.bisect_left(queue.stems, clip) if queue.judged else 0
    return there, there


def _name(desk: ReviewDesk) -> str:
    """Of the data set, as part of a file's name."""
    return file_name(desk.dataset.name)


def _file(text: str, name: str, media_type: str) -> Response:
    """A download; headers hold ASCII alone, and so does its name."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "'")
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{plain}"'}
    return Response(text.encode("utf-8", "replace"), media_type=f"{media_type}; charset=utf-8", headers=headers)
