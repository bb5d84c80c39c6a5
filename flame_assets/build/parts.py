"""The head's surface in FLAME's frame: skin, tongue, teeth and eyes, and how each follows the source's targets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import eyes
import mouth
import numpy as np
import scipy.sparse as sp
import topology
from closure import Opening, lip_closing
from jaxtyping import Bool, Float, Int
from makehuman import MakeHuman

METRES = 0.105
"""Metres per decimetre of the source: its heads are a little smaller than FLAME's."""
EYES_MIDPOINT = np.array([0.0, 0.023, 0.024])
"""Middle between the eyeballs in FLAME's frame, metres."""
EYEBALL = 0.972
"""Radius relative to the source's eyeballs: leaves the lids room to slide."""
SKIN, LIPS, INNER_MOUTH, TONGUE, TEETH, EYES = range(6)
PART_NAMES = ("skin", "lips", "inner mouth", "tongue", "teeth", "eyes")
LIP_LINE = (474, 7229)
LID_LINES = ((6785, 6784), (1, 0))
"""Two neighbouring vertices of the source on the loops where the lips and the lids (left, right) meet."""
MASKS = ("lips", "inside-mouth", "eyelids", "ears")
TONGUE_COLOUR = np.array([172.0, 88.0, 86.0])
THROAT_COLOUR = np.array([112.0, 52.0, 52.0])


@dataclass(frozen=True)
class Eye:
    """One eyeball of the head."""

    vertices: slice
    centre: Float[np.ndarray, "3"]
    """Metres."""
    radius: float
    source: Int[np.ndarray, " S"]
    """Vertices of the source's eyeball."""
    rays: Float[np.ndarray, "S 3"]
    """From the source eyeball's middle to its vertices, metres."""


@dataclass(frozen=True)
class Parts:
    """The assembled surface: V vertices of skin, tongue, upper and lower teeth, left and right eye, in this order."""

    vertices: Float[np.ndarray, "V 3"]
    """Metres."""
    triangles: Int[np.ndarray, "F 3"]
    part: Int[np.ndarray, " V"]
    """Index into PART_NAMES."""
    colours: Float[np.ndarray, "V 3"]
    """Display-sRGB 0..255; those of the skin still blank."""
    masks: dict[str, Float[np.ndarray, " V"]]
    """0..1: the source's texture masks, zero outside the skin."""
    skin: slice
    tongue: slice
    tongue_laid: Float[np.ndarray, "P 3"]
    """Metres by which the tongue lies away from where the source has it."""
    upper_teeth: slice
    lower_teeth: slice
    eyes: tuple[Eye, Eye]
    """Left, right."""
    lips: Opening
    lids: tuple[Opening, Opening]
    close_lips: sp.csr_matrix
    """(V, V): times the vertices' y, what to add to y so that the lips meet."""
    matrix: sp.csr_matrix
    """(vertices before the eyes, N)."""

    def carry(self, displacement: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "V 3"]:
        """(V, 3) metres for source displacements (N, 3) in decimetres; eyeballs shift and grow, but stay round."""
        moved = np.empty_like(self.vertices)
        moved[: self.matrix.shape[0]] = METRES * (self.matrix @ displacement)
        for eye in self.eyes:
            delta = METRES * displacement[eye.source]
            shift = delta.mean(axis=0)
            growth = (eye.rays * (delta - shift)).sum() / (eye.rays**2).sum()
            moved[eye.vertices] = shift + growth * (self.vertices[eye.vertices] - eye.centre)
        return moved

    def carry_identity(self, displacement: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "V 3"]:
        """As `carry`, with the eyes' midpoint at its place and the lips closed."""
        moved = self.carry(displacement)
        moved -= np.mean([moved[eye.vertices].mean(axis=0) for eye in self.eyes], axis=0)
        moved[:, 1] += self.close_lips @ moved[:, 1]
        return moved


@dataclass(frozen=True)
class _Piece:
    """Some of the head's vertices while it is assembled; `faces` counts from this piece's first vertex."""

    points: Float[np.ndarray, "P 3"]
    faces: Int[np.ndarray, "K 3"]
    part: Int[np.ndarray, " P"]
    colours: Float[np.ndarray, "P 3"]
    matrix: sp.csr_matrix | None = None


def assemble(source: MakeHuman, neutral: Float[np.ndarray, "N 3"]) -> Parts:
    """Head of the character whose source vertices are `neutral` (N, 3) decimetres."""
    eyeballs = [source.group(f"helper-{side}-eye") for side in "lr"]
    middle = np.mean([neutral[index].mean(axis=0) for index in eyeballs], axis=0)
    points = METRES * (neutral - middle) + EYES_MIDPOINT
    balls = [(index, *eyes.sphere(points[index])) for index in eyeballs]

    skin, masks, (lips, *lids) = _skin(source, points, [(centre, EYEBALL * r) for _, centre, r in balls])
    lip_line = _meeting_point(skin.points, lips)
    pieces = [skin, _tongue(source, points, lip_line)]
    pieces += [_teeth(source, points, lip_line, upper) for upper in (True, False)]
    matrix = sp.vstack([piece.matrix for piece in pieces]).tocsr()
    for _, centre, radius in balls:
        ball, faces, colours = eyes.eyeball(centre, EYEBALL * radius)
        pieces.append(_Piece(ball, faces, np.full(len(ball), EYES), colours))

    starts = np.cumsum([0] + [len(piece.points) for piece in pieces])
    slices = [slice(int(a), int(b)) for a, b in pairwise(starts)]
    vertices = np.concatenate([piece.points for piece in pieces])
    opened = vertices.copy()
    opened[: matrix.shape[0]] += METRES * (matrix @ source.face_units["jawOpen"])
    close_lips = lip_closing(vertices, opened, lips)
    vertices[:, 1] += close_lips @ vertices[:, 1]
    left, right = (
        Eye(vertices_of, centre, EYEBALL * radius, index, points[index] - points[index].mean(axis=0))
        for vertices_of, (index, centre, radius) in zip(slices[4:], balls, strict=True)
    )
    return Parts(
        vertices=vertices,
        triangles=np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=False)]),
        part=np.concatenate([piece.part for piece in pieces]),
        colours=np.concatenate([piece.colours for piece in pieces]),
        masks={name: np.pad(mask, (0, len(vertices) - len(mask))) for name, mask in masks.items()},
        skin=slices[0],
        tongue=slices[1],
        tongue_laid=vertices[slices[1]] - matrix[slices[1]] @ points,
        upper_teeth=slices[2],
        lower_teeth=slices[3],
        eyes=(left, right),
        lips=lips,
        lids=(lids[0], lids[1]),
        close_lips=close_lips,
        matrix=matrix,
    )


def _skin(
    source: MakeHuman, points: Float[np.ndarray, "N 3"], balls: list[tuple[Float[np.ndarray, "3"], float]]
) -> tuple[_Piece, dict[str, Float[np.ndarray, " P"]], list[Opening]]:
    """Skin of head and bust, its texture masks, and the openings of lips and lids."""
    pull, quads = topology.cut(points, source.quads[source.quad_group == "body"], _bust)
    for centre, radius in balls:  # what lies inside an eyeball is never seen
        sunk = np.linalg.norm(points - centre, axis=1) < radius - 0.0005
        quads = quads[~sunk[quads].all(axis=1)]
    used, quads = topology.compact(quads)
    coarse = pull[used] @ points
    masks = {name: source.mask(name)[used] for name in MASKS}
    matrix, triangles = topology.subdivide(coarse, quads, _worth_splitting(coarse, quads, masks))
    masks = {name: matrix @ mask for name, mask in masks.items()}
    loops = [topology.edge_loop(quads, *np.searchsorted(used, line).tolist()) for line in (LIP_LINE, *LID_LINES)]
    part = np.where(masks["inside-mouth"] > 0.5, INNER_MOUTH, np.where(masks["lips"] > 0.5, LIPS, SKIN))
    skin = _Piece(matrix @ coarse, triangles, part, np.zeros((len(part), 3)), (matrix @ pull[used]).tocsr())
    return skin, masks, [Opening.of_loop(loop, skin.points) for loop in loops]


def _bust(points: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, " N"]:
    """(N, 3) metres -> (N,), above 0 in what is kept: head, neck and a rounded piece of the shoulders."""
    x, y, z = points.T
    around = (x / 0.112) ** 4 + ((z + 0.028) / 0.108) ** 4
    below = np.clip((-0.13 - (y + 0.3 * z)) / 0.07, 0, None) ** 2
    return 1 - np.where(y < -0.1, around, 0) - below


def _worth_splitting(
    points: Float[np.ndarray, "N 3"], quads: Int[np.ndarray, "Q 4"], masks: dict[str, Float[np.ndarray, " N"]]
) -> Bool[np.ndarray, " Q"]:
    """(Q,) bool: quads of the lids, brows and lips, and of the skull for its outline."""
    x, y, z = points[quads].mean(axis=1).T
    height = y - EYES_MIDPOINT[1]
    brows_and_lids = (np.abs(x) > 0.008) & (np.abs(x) < 0.066) & (np.abs(height - 0.008) < 0.021) & (z > 0.03)
    lips = masks["lips"][quads].max(axis=1) > 0.05
    ears = masks["ears"][quads].max(axis=1) > 0.05
    skull = ~ears & ((y > 0.062) | ((y > -0.045) & (z < -0.035)))
    return brows_and_lids | lips | skull


def _meeting_point(points: Float[np.ndarray, "V 3"], lips: Opening) -> tuple[float, float]:
    """(y, z) where the lips meet in the middle."""
    upper, lower = (points[edge[np.abs(points[edge, 0]).argmin()]] for edge in (lips.upper, lips.lower))
    return float(upper[1] + lower[1]) / 2, float(min(upper[2], lower[2]))


def _tongue(source: MakeHuman, points: Float[np.ndarray, "N 3"], lip_line: tuple[float, float]) -> _Piece:
    """The source's tongue, which fills the mouth, flattened and laid behind the lower teeth."""
    used, quads = topology.compact(source.quads[source.quad_group == "helper-tongue"])
    x, y, z = points[used].T
    floor, top = y.min(), lip_line[0] - 0.007
    back = z.max() - z
    lying = np.c_[
        0.85 * x,
        floor + (y - floor) * (top - floor) / (y.max() - floor) - 0.25 * back,
        lip_line[1] - 0.0155 - back,
    ]
    depth = np.clip((back - 0.012) / 0.035, 0, 1)[:, None]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    matrix = sp.identity(len(points), format="csr")[used]
    colours = TONGUE_COLOUR + (THROAT_COLOUR - TONGUE_COLOUR) * depth
    return _Piece(lying, triangles, np.full(len(used), TONGUE), colours, matrix)


def _teeth(source: MakeHuman, points: Float[np.ndarray, "N 3"], lip_line: tuple[float, float], upper: bool) -> _Piece:
    """A row of teeth that moves as the source's plain one; the upper row shows a little under the upper lip."""
    row = mouth.teeth(
        upper=upper,
        edge=(lip_line[0] - (0.0030 if upper else 0.0014), lip_line[1] - (0.0080 if upper else 0.0102)),
        half_width=0.0252 if upper else 0.0234,
        depth=0.041 if upper else 0.038,
    )
    helper = source.group(f"helper-{'upper' if upper else 'lower'}-teeth")
    matrix = sp.lil_matrix((len(row.points), len(points)))
    matrix[:, helper] = mouth.binding(points[helper], row.points)
    part = np.where(row.gum, INNER_MOUTH, TEETH)
    return _Piece(row.points, row.triangles, part, row.colours, matrix.tocsr())
