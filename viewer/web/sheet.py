"""Pictures of the contact sheet: one of each clip, at the widest opening of its mouth."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from jaxtyping import UInt8

from viewer import looks
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import RenderError
from viewer.flame import HeadChoice
from viewer.motion import CurveMaker
from viewer.render import Renderer
from viewer.web.picture_cache import PictureCache

SIZE = 160
"""Side of a picture in pixels."""
_DRAWN = 208
"""Side of what is drawn, of which the picture is the part with the face: neck and margins are left out."""
_TOP, _LEFT = 12, (_DRAWN - SIZE) // 2
_FORMAT = 3
"""Part of every key: to be raised when the same clip gets another picture."""
_JPEG_QUALITY = 88
_THREADS = 2
"""One reads a clip while the other's picture is drawn."""
_KEYS_KEPT = 20_000


class ContactSheet:
    """Makes the pictures and keeps them. Its methods may be called from any thread."""

    def __init__(
        self,
        dataset: Dataset,
        head: HeadChoice,
        renderer: Renderer,
        cache: PictureCache,
        maker: Callable[[], CurveMaker],
    ) -> None:
        """maker: returns what computes the curves of clips on `head`."""
        self._dataset = dataset
        self._head = head
        self._renderer = renderer
        self._cache = cache
        self._maker = maker
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="contact-sheet")
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[str, str, str], str] = OrderedDict()

    def ask(self, stem: str, look: str) -> Future[tuple[str, bytes]]:
        """The picture of a clip with its key, JPEG of SIZE², in the time it takes; cancelling gives up its place.

        The future raises UsageError for an unknown look, DatasetError for an unknown stem, ClipError for data that
        cannot be used, and RenderError.
        """
        return self._threads.submit(self._picture, stem, look)

    def close(self) -> None:
        """Make no more pictures."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _picture(self, stem: str, look: str) -> tuple[str, bytes]:
        looks.look(look)
        files = (stem, look, self._dataset.fingerprint(stem))
        with self._lock:
            known = self._keys.get(files)
        if known is not None and (data := self._cache.find(known)) is not None:
            return known, data
        clip = self._dataset[stem]
        key = self._key(clip, look)
        data = self._cache.find(key)
        if data is None:
            data = _jpeg(self._draw(clip, look))
            self._cache.keep(key, data)
        with self._lock:
            self._keys[files] = key
            while len(self._keys) > _KEYS_KEPT:
                self._keys.popitem(last=False)
        return key, data

    def _key(self, clip: Clip, look: str) -> str:
        parts = (_FORMAT, SIZE, clip.content_hash, self._maker().key, repr(looks.look(look)))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def _draw(self, clip: Clip, look: str) -> UInt8[np.ndarray, "H W 3"]:
        frame = self._maker().widest_frame(clip)
        model = self._head.model
        (picture,) = self._renderer.frames(
            self._head.vertex_blocks(clip.frames(frame, frame + 1)),
            faces=model.faces,
            v_template=model.v_template,
            colors=model.vertex_colors,
            look=look,
            size=_DRAWN,
        )
        return np.ascontiguousarray(picture[_TOP : _TOP + SIZE, _LEFT : _LEFT + SIZE])


def _jpeg(picture: UInt8[np.ndarray, "H W 3"]) -> bytes:
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise RenderError("OpenCV cannot write JPEG pictures; install the wheel of requirements.txt again")
    return data.tobytes()
