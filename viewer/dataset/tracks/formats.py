"""The track formats that the viewer knows; docs/tracks.md names the sources of each."""

from __future__ import annotations

import dataclasses
import math

from viewer.clip import FLAME_2020, Flag
from viewer.dataset.tracks.file import TrackFile
from viewer.dataset.tracks.plan import Part, Plan
from viewer.dataset.tracks.registry import FORMATS, TrackFormat
from viewer.errors import ClipError
from viewer.flame.version import FLAME_2023

FLAME_VERTICES = 5023
_ARTALK_WIDTH = 106
_SMPLX_WIDTH = 165
"""55 joints of SMPL-X, three numbers each."""
_SMPLX_JAW = (66, 67, 68)

_EXP = ("exp", "expression", "expcode", "expr", "gt_exp")
_JAW = ("jaw", "jawpose", "jaw_pose", "gt_jaw")
_GLOBAL = ("global_pose", "globalpose", "global_orient", "global_rotation", "head_pose", "headpose", "gt_global_pose")
_SHAPE = ("shape", "identity", "shapecode", "gt_shape")
_POSECODE = "posecode"
"""DECA's and EMOCA's: global rotation, then jaw."""
_VERTICES = ("vertices", "verts", "vertice")
_COEFFICIENTS = (*_EXP, *_JAW, "pose", "poses", "expressions", _POSECODE)


def _is_webtalk(file: TrackFile) -> bool:
    if file.first(_JAW) or _POSECODE in file:
        return "exp" in file and "pose" in file
    return "exp" in file or "pose" in file


def _webtalk(file: TrackFile) -> Plan:
    for key in ("exp", "pose"):
        shape = file.header(key).shape
        if len(shape) != 2:
            raise ClipError(f"{file.name}: {key} has shape {shape}; expected two dimensions (frames, coefficients)")
    if (width := file.header("pose").shape[1]) != 6:
        raise ClipError(f"{file.name}: pose has width {width}; expected 6 (global rotation 3 + jaw 3)")
    return _WEBTALK if "shape" in file else _WEBTALK_WITHOUT_SHAPE


_WEBTALK = Plan(
    exp=Part("exp"),
    global_rotation=Part("pose", (0, 1, 2)),
    jaw=Part("pose", (3, 4, 5)),
    shape=Part("shape"),
)
_WEBTALK_WITHOUT_SHAPE = dataclasses.replace(_WEBTALK, shape=None)


def _widest(file: TrackFile, width: int) -> list[str]:
    """Keys of arrays (T, width), also (1, T, width)."""
    shapes = file.shapes().items()
    return [key for key, s in shapes if s[-1:] == (width,) and (len(s) == 2 or (len(s) == 3 and s[0] == 1))]


def _only(file: TrackFile, keys: list[str], expected: str) -> str:
    if len(keys) != 1:
        found = f"{len(keys)} arrays of this kind: {', '.join(keys)}" if keys else file.describe()
        raise ClipError(f"{file.name} holds {found}; expected one {expected}. A map can name it: --map FILE.toml")
    return keys[0]


def _is_artalk(file: TrackFile) -> bool:
    return file.first(_COEFFICIENTS) is None and len(_widest(file, _ARTALK_WIDTH)) == 1


def _artalk(file: TrackFile) -> Plan:
    key = _only(file, _widest(file, _ARTALK_WIDTH), f"array (frames, {_ARTALK_WIDTH})")
    return Plan(
        exp=Part(key, tuple(range(100))),
        global_rotation=Part(key, (100, 101, 102)),
        jaw=Part(key, (103, 104, 105)),
        shape=_part(file, _SHAPE),
        usual_fps=25,
        expression_space=FLAME_2020,
    )


def _is_emica(file: TrackFile) -> bool:
    has_jaw = file.first(_JAW) is not None or _POSECODE in file
    return has_jaw and file.first(_EXP) is not None and not _is_vhap(file)


def _emica(file: TrackFile) -> Plan:
    global_rotation, jaw = _part(file, _GLOBAL), _part(file, _JAW)
    if _POSECODE in file:
        global_rotation = global_rotation or Part(_POSECODE, (0, 1, 2))
        jaw = jaw or Part(_POSECODE, (3, 4, 5))
    return Plan(
        exp=Part(_one_of(file, _EXP)),
        global_rotation=global_rotation,
        jaw=jaw or Part(_one_of(file, _JAW)),
        shape=_part(file, _SHAPE),
    )


def _part(file: TrackFile, keys: tuple[str, ...]) -> Part | None:
    key = file.first(keys)
    return None if key is None else Part(key)


def _one_of(file: TrackFile, keys: tuple[str, ...]) -> str:
    key = file.first(keys)
    if key is None:
        raise ClipError(f"{file.name}: none of {', '.join(keys)} in the file; it holds {file.describe()}")
    return key


def _is_vhap(file: TrackFile) -> bool:
    return all(key in file for key in ("expr", "jaw_pose", "rotation", "neck_pose"))


def _vhap(file: TrackFile) -> Plan:
    left_out = [key for key in ("neck_pose", "eyes_pose", "translation", "static_offset") if key in file]
    return Plan(
        exp=Part("expr"),
        global_rotation=Part("rotation"),
        jaw=Part("jaw_pose"),
        shape=_part(file, _SHAPE),
        expression_space=FLAME_2023,
        flags=(Flag("parts-left-out", f"Left out of what is shown: {', '.join(left_out)}."),) if left_out else (),
    )


def _is_smplx(file: TrackFile) -> bool:
    return "expressions" in file and "poses" in file


def _smplx(file: TrackFile) -> Plan:
    width = math.prod(file.header("poses").shape[1:])
    if width != _SMPLX_WIDTH:
        raise ClipError(
            f"{file.name}: poses has width {width}; expected {_SMPLX_WIDTH} (SMPL-X's 55 joints, the jaw in 66:69)"
        )
    message = "The track of a body: its betas are no FLAME identity, and its pose does not turn the head."
    return Plan(
        exp=Part("expressions"),
        jaw=Part("poses", _SMPLX_JAW),
        usual_fps=30,
        expression_space=FLAME_2020,
        flags=(Flag("body-left-out", message),),
    )


def _vertex_arrays(file: TrackFile) -> list[str]:
    """Keys of arrays (T, 15069), (T, V, 3) with V as in FLAME or any under a telling key; also with a leading 1."""
    named = [key for key in _VERTICES if key in file]
    if named:
        return named
    return [key for key, shape in file.shapes().items() if _is_flame_mesh(shape)]


def _is_flame_mesh(shape: tuple[int, ...]) -> bool:
    if shape[-2:] == (FLAME_VERTICES, 3):
        return len(shape) == 3 or (len(shape) == 4 and shape[0] == 1)
    return shape[-1:] == (FLAME_VERTICES * 3,) and (len(shape) == 2 or (len(shape) == 3 and shape[0] == 1))


def _is_vertices(file: TrackFile) -> bool:
    if file.first(_COEFFICIENTS) is not None:
        return file.first(_VERTICES) is not None
    return bool(_vertex_arrays(file))


def _vertices(file: TrackFile) -> Plan:
    return Plan(vertices=Part(_only(file, _vertex_arrays(file), f"array (frames, {FLAME_VERTICES}, 3)")))


for _format in (
    TrackFormat("webtalk", "WebTalk-Synthetic and ViBES: exp, pose, shape", _is_webtalk, _webtalk),
    TrackFormat("artalk", "ARTalk: vectors of 106, 100 exp + 3 global + 3 jaw", _is_artalk, _artalk),
    TrackFormat("emica", "EMICA, EMOCA, DECA (inferno): exp, jaw, global pose apart", _is_emica, _emica),
    TrackFormat("vhap", "VHAP: expr, rotation, jaw_pose, neck_pose", _is_vhap, _vhap),
    TrackFormat("smplx", "BEAT2, EMAGE and other SMPL-X: expressions, poses", _is_smplx, _smplx),
    TrackFormat("vertices", "VOCASET, FaceFormer, MultiTalk: (T, 15069) or (T, 5023, 3)", _is_vertices, _vertices),
):
    FORMATS[_format.name] = _format
