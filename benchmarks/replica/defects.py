"""Defects to plant in a replica, each in a clip, a list or an archive of its own, and the list of where they are."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np

from benchmarks.replica.clips import AUDIO, MOTION, SUFFIXES, TOKENS, TRANSCRIPT, Clips, npy_bytes, npz_bytes, wav_bytes
from benchmarks.replica.recording import RATE
from benchmarks.replica.writers import TarWriter, Writer

FEWEST_CLIPS = 120
_BLOCK = 512
_GHOST = "nobody_0000"
_TRAVERSAL = "../../etc/passwd"

Change = Callable[[Clips, int, bytes], bytes | None]


def _motion(change: Callable[[dict[str, np.ndarray]], None]) -> Change:
    """A motion file with its arrays changed."""

    def changed(content: Clips, clip: int, _data: bytes) -> bytes:
        arrays = content.motion(clip)
        change(arrays)
        return npz_bytes(arrays)

    return changed


def _not_a_number(arrays: dict[str, np.ndarray]) -> None:
    arrays["exp"][10:14] = np.nan


def _other_frame_rate(arrays: dict[str, np.ndarray]) -> None:
    arrays["mocap_frame_rate"] = np.array(30)


def _changing_identity(arrays: dict[str, np.ndarray]) -> None:
    arrays["shape"][20:] += 0.5


def _too_short(arrays: dict[str, np.ndarray]) -> None:
    for key in ("exp", "shape", "pose"):
        arrays[key] = arrays[key][:-10]


def _without_pose(arrays: dict[str, np.ndarray]) -> None:
    del arrays["pose"]


def _pose_too_wide(arrays: dict[str, np.ndarray]) -> None:
    arrays["pose"] = np.pad(arrays["pose"], ((0, 0), (0, 3)))


def _without_identity(arrays: dict[str, np.ndarray]) -> None:
    del arrays["shape"]


def _flipped_byte(_content: Clips, _clip: int, data: bytes) -> bytes:
    """In the values of exp: the header stays good, the checksum does not fit."""
    return data[:5000] + bytes([data[5000] ^ 0xFF]) + data[5001:]


def _first_half(_content: Clips, _clip: int, data: bytes) -> bytes:
    return data[: len(data) // 2]


def _nothing(_content: Clips, _clip: int, _data: bytes) -> bytes:
    return b""


def _missing(_content: Clips, _clip: int, _data: bytes) -> None:
    return None


def _web_page(_content: Clips, _clip: int, _data: bytes) -> bytes:
    return b"<!DOCTYPE html><html><body>404 Not Found</body></html>"


def _latin_1(_content: Clips, _clip: int, _data: bytes) -> bytes:
    return "Schöne Grüße aus Köln.".encode("latin-1")


def _silent(content: Clips, clip: int, _data: bytes) -> bytes:
    return wav_bytes(np.zeros_like(content.samples(clip)))


def _longer_sound(content: Clips, clip: int, _data: bytes) -> bytes:
    return wav_bytes(np.pad(content.samples(clip), (0, RATE)))


def _fewer_tokens(content: Clips, clip: int, _data: bytes) -> bytes:
    return npy_bytes(content.tokens(clip)[:-8])


def _float_tokens(content: Clips, clip: int, _data: bytes) -> bytes:
    return npy_bytes(content.tokens(clip) / 3)


def _pickled_tokens(_content: Clips, _clip: int, _data: bytes) -> bytes:
    return npy_bytes(np.array([{"a": 1}], dtype=object))


FILE_DEFECTS: dict[str, tuple[str, str, Change]] = {
    "npz cut off": (MOTION, "motion", _first_half),
    "npz with a wrong byte": (MOTION, "motion", _flipped_byte),
    "npz without pose": (MOTION, "motion", _motion(_without_pose)),
    "pose of width 9": (MOTION, "motion", _motion(_pose_too_wide)),
    "web page named npz": (MOTION, "motion", _web_page),
    "NaN frames": (MOTION, "motion-values", _motion(_not_a_number)),
    "no identity": (MOTION, "shape", _motion(_without_identity)),
    "identity changes": (MOTION, "shape", _motion(_changing_identity)),
    "30 frames a second": (MOTION, "frame-rate", _motion(_other_frame_rate)),
    "ten frames too few": (MOTION, "length", _motion(_too_short)),
    "a second too much sound": (AUDIO, "length", _longer_sound),
    "wav cut off": (AUDIO, "audio", _first_half),
    "empty wav": (AUDIO, "audio", _nothing),
    "web page named wav": (AUDIO, "audio", _web_page),
    "silence": (AUDIO, "audio", _silent),
    "empty transcript": (TRANSCRIPT, "transcript", _nothing),
    "latin-1 transcript": (TRANSCRIPT, "transcript", _latin_1),
    "eight tokens too few": (TOKENS, "token-count", _fewer_tokens),
    "tokens that are no whole numbers": (TOKENS, "tokens", _float_tokens),
    "pickled tokens": (TOKENS, "tokens", _pickled_tokens),
    "no motion": (MOTION, "missing", _missing),
    "no sound": (AUDIO, "missing", _missing),
    "no transcript": (TRANSCRIPT, "missing", _missing),
    "no tokens": (TOKENS, "missing", _missing),
}
"""By what it is: the folder, the check of `viewer doctor` that finds it, and how the file is changed."""


class Defects:
    """Plants one defect of each kind while a replica is written; `planted` says where."""

    def __init__(self, content: Clips, *, archives: bool):
        self._content = content
        self._archives = archives
        """Whether the replica consists of archives alone: only then are archives damaged."""
        self.planted: list[dict[str, str | None]] = []
        plan = content.plan
        by_split = {name: [k for k, of in enumerate(plan.split) if of == name] for name in ("train", "test")}
        rng = np.random.default_rng([plan.seed, 6])
        train = iter(rng.permutation(by_split["train"]).tolist())
        test = iter(rng.permutation(by_split["test"]).tolist())
        self._changes: dict[int, tuple[str, Change]] = {}
        for defect, (folder, check, change) in FILE_DEFECTS.items():
            clip = next(train)
            self._changes[clip] = (folder, change)
            self._note(defect, check, stem=plan.stems[clip], where=f"{folder}/{plan.stems[clip]}{SUFFIXES[folder]}")
        self._copies: dict[int, tuple[str, int]] = {}
        for folder, check in ((MOTION, "same-motion"), (AUDIO, "same-audio")):
            source, copy = next(train), next(test)
            self._copies[copy] = (folder, source)
            self._note(f"the {folder} file of a train clip in test", check, stem=plan.stems[copy], where=folder)
        self._lost = {folder: next(train) for folder in (AUDIO, TRANSCRIPT)}
        self._twice, self._two_splits, self._unlisted = next(train), next(train), next(train)

    def change_files(self, clip: int, files: dict[str, bytes | None]) -> None:
        """Change the files of a clip that are to be written, by folder; None for one that is left out."""
        if clip in self._changes:
            folder, change = self._changes[clip]
            files[folder] = change(self._content, clip, files[folder] or b"")
        if clip in self._copies:
            folder, source = self._copies[clip]
            files[folder] = self._content.files(source)[folder]

    def change_lists(self, lists: dict[str, list[str]]) -> None:
        """Change the stems of the split lists, by split."""
        stems = self._content.plan.stems
        lists["val"] += [stems[self._two_splits], _GHOST, _TRAVERSAL]
        lists["train"].remove(stems[self._unlisted])
        self._note("in train and val", "split-overlap", stem=stems[self._two_splits], where="val.txt")
        self._note("list names a clip that is not there", "split-unknown", stem=_GHOST, where="val.txt")
        self._note("list names a path", "split-unknown", stem=_TRAVERSAL, where="val.txt")
        self._note("in no list", "split-missing", stem=stems[self._unlisted], where=None)

    def add_members(self, writers: dict[str, Writer]) -> None:
        """Append members that do not belong to an archive."""
        if not self._archives:
            return
        tar = cast(TarWriter, writers[TRANSCRIPT])
        stem = self._content.plan.stems[self._twice]
        tar.add(f"{stem}.txt", b"The second of two members of one name.")
        self._note("member twice", "archive", stem=stem, where=f"{TRANSCRIPT}.tar")
        odd = {
            "link": (f"{TRANSCRIPT}/link_0001.txt", b"../../etc/passwd", tarfile.SYMTYPE),
            "hard link": (f"{TRANSCRIPT}/hard_0001.txt", f"{TRANSCRIPT}/{stem}.txt".encode(), tarfile.LNKTYPE),
            "named pipe": (f"{TRANSCRIPT}/pipe_0001.txt", b"", tarfile.FIFOTYPE),
            "absolute name": ("/etc/absolute_0001.txt", b"text", tarfile.REGTYPE),
            "name that leads out": ("../outside_0001.txt", b"text", tarfile.REGTYPE),
        }
        for defect, (name, data, type_) in odd.items():
            tar.add_member(name, data, type=type_)
            stem_of_member = name.rpartition("/")[2].removesuffix(SUFFIXES[TRANSCRIPT])
            self._note(f"member: {defect}", "archive", stem=stem_of_member, where=f"{TRANSCRIPT}.tar")

    def add_files(self, root: Path) -> None:
        """Leave behind what programs leave behind."""
        (root / f"{TOKENS}.tar.6d1f.incomplete").write_bytes(b"the beginning of a download")
        self._note("unfinished download", "layout", stem=None, where=None)

    def damage_archives(self, root: Path) -> None:
        """Overwrite headers and cut an end off, once the archives are closed."""
        if not self._archives:
            return
        stems = self._content.plan.stems
        names = {folder: f"{folder}/{stems[clip]}{SUFFIXES[folder]}" for folder, clip in self._lost.items()}
        audio, text = root / f"{AUDIO}.tar", root / f"{TRANSCRIPT}.tar"
        at = {folder: _header_offset(root / f"{folder}.tar", name) for folder, name in names.items()}
        _overwrite(audio, at[AUDIO] + 148, b"7777777\0")
        self._note("header with a wrong checksum", "archive", stem=None, where=audio.name)
        _overwrite(text, at[TRANSCRIPT], bytes(_BLOCK))
        self._note("block of zeros inside", "archive", stem=None, where=text.name)
        for folder, clip in self._lost.items():
            self._note("member behind a damaged header", "missing", stem=stems[clip], where=folder)
        last = len(stems) - 1
        tokens = root / f"{TOKENS}.tar"
        with tokens.open("r+b") as file:
            file.truncate(_header_offset(tokens, f"{TOKENS}/{stems[last]}{SUFFIXES[TOKENS]}") + _BLOCK + 100)
        self._note("cut off in its last member", "archive", stem=stems[last], where=tokens.name)

    def _note(self, defect: str, check: str, *, stem: str | None, where: str | None) -> None:
        self.planted.append({"defect": defect, "check": check, "stem": stem, "where": where})


def _header_offset(archive: Path, name: str) -> int:
    """Of a member: of the header that holds its size, which may follow one that holds a long name."""
    with tarfile.open(archive) as tar:
        return tar.getmember(name).offset_data - _BLOCK


def _overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
