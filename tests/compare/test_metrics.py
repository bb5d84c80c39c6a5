"""The metrics of a pair: values, names, gaps, and what is said where there is none."""

import json

import numpy as np
import pytest

from tests.compare.clips import clip_of, motion, track_of
from viewer.compare import (
    METRICS,
    Compared,
    CompareError,
    Faces,
    LipRegion,
    Measured,
    compare_clips,
    lip_region,
    measure,
    metric,
    of_name,
    pair,
)
from viewer.errors import UsageError
from viewer.flame import choose_head, regions

LVE = ("lve_max_l2_mm", "lve_max_sq_mm2", "lve_rms_mm")
PARTS = ("part_head_mm", "part_jaw_mm", "part_expression_mm")


@pytest.fixture(scope="module")
def lip(head):
    """A list of one lip vertex, as from a file."""
    return LipRegion(regions(head.model)["lips"][:1], False, "test")


def plain(measured):
    """Values by name without the suffix."""
    return {of_name(name).name: value for name, value in measured.values.items()}


def test_one_lip_vertex_moved_by_a_millimetre_in_every_frame(head, faces, lip):
    rest = np.tile(head.model.v_template, (10, 1, 1))
    moved = rest.copy()
    moved[:, lip.indices[0], 2] += np.float32(0.001)
    found = measure(pair(track_of(rest), track_of(moved)), faces, lip).values
    for name in LVE:
        assert found[name] == pytest.approx(1, abs=2e-5)
    assert found["mve_mm"] == pytest.approx(1 / len(head.model.v_template), rel=1e-4)
    assert found["velocity_error_mm_s"] == 0
    assert found["jaw_error_deg"] is None and found["fdd_signed_derived"] is None


def test_a_vertex_that_jumps_has_a_velocity(head, faces, lip):
    """1 mm there and back at 25 frames a second: 25 mm/s of one vertex in each of two of nine steps."""
    rest = np.tile(head.model.v_template, (10, 1, 1))
    moved = rest.copy()
    moved[4, lip.indices[0], 2] += np.float32(0.001)
    measured = measure(pair(track_of(rest), track_of(moved)), faces, lip)
    expected = 2 / 9 * 25 / len(head.model.v_template)
    assert measured.values["velocity_error_mm_s"] == pytest.approx(expected, rel=1e-4)
    assert measured.weights["velocity_error_mm_s"] == 9 and measured.weights["mve_mm"] == 10
    assert measured.values["lve_max_l2_mm"] == pytest.approx(0.1, abs=1e-5) and measured.worst_frame == 4


def test_every_metric_against_float64(head, faces):
    """From the vertices of the whole head, by definitions written out again."""
    mine, theirs = clip_of(), clip_of(seed=1)
    measured = measure(pair(mine, theirs), faces)
    found, region = plain(measured), regions(head.model)

    def vertices(exp, jaw, turn=0 * mine.pose[:, :3]):
        return head.model.vertices(exp=exp, shape=mine.shape, pose=np.hstack([turn, jaw])).astype(float)

    jaws = mine.pose[:, 3:], theirs.pose[:, 3:]
    a, b = vertices(mine.exp, jaws[0]), vertices(theirs.exp, jaws[1])
    apart = 1000 * np.linalg.norm(b - a, axis=2)
    worst = apart[:, region["lips"]].max(axis=1)
    template = head.model.vertices(shape=mine.shape[0])[0].astype(float)
    spreads = [((1e3 * (v - template)) ** 2).sum(axis=2).std(axis=0)[region["upper_face"]].mean() for v in (a, b)]
    gaps = [
        np.linalg.norm(region.landmark("lip_upper_inner").of(v) - region.landmark("lip_lower_inner").of(v), axis=1)
        for v in (a, b)
    ]
    steps = 25 * 1000 * np.linalg.norm(np.diff(b, axis=0) - np.diff(a, axis=0), axis=2)
    expected = {
        "lve_max_l2_mm": worst.mean(),
        "lve_max_sq_mm2": (worst**2).mean(),
        "lve_rms_mm": np.sqrt((worst**2).mean()),
        "fdd_signed": spreads[0] - spreads[1],
        "fdd_abs": abs(spreads[0] - spreads[1]),
        "mve_mm": apart.mean(),
        "opening_mae_mm": 1000 * np.abs(gaps[1] - gaps[0]).mean(),
        "velocity_error_mm_s": steps.mean(),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=2e-5), name
    face = faces.some_of_face.numbers
    turns = mine.pose[:, :3], theirs.pose[:, :3]
    alone = {
        "part_head_mm": vertices(mine.exp, jaws[0], turns[1]) - vertices(mine.exp, jaws[0], turns[0]),
        "part_jaw_mm": vertices(mine.exp, jaws[1]) - a,
        "part_expression_mm": vertices(theirs.exp, jaws[0]) - a,
    }
    for name, apart in alone.items():
        assert found[name] == pytest.approx(1000 * np.linalg.norm(apart[:, face], axis=2).mean(), rel=2e-5), name


def test_a_clip_against_itself_has_no_error(faces):
    assert set(measure(pair(clip_of(), clip_of()), faces).values.values()) == {0}


def test_swapping_the_two_changes_signs_alone(faces):
    """With one identity for both."""
    shape = motion()["shape"]
    clips = clip_of(), clip_of(seed=1, shape=shape)
    one, other = (plain(measure(pair(*order), faces)) for order in (clips, clips[::-1]))
    for name in set(METRICS) - {"fdd_signed", *PARTS}:
        assert other[name] == pytest.approx(one[name], rel=1e-6), name
    assert other["fdd_signed"] == pytest.approx(-one["fdd_signed"])


def test_only_what_moves_has_an_error(faces):
    """Head alone, jaw alone, expressions alone: the split says which."""
    base = motion()
    for part, columns in (("head", slice(0, 3)), ("jaw", slice(3, 6)), ("expression", None)):
        changed = motion()
        if columns is None:
            changed["exp"] = 0.5 * base["exp"]
        else:
            changed["pose"][:, columns] += 0.1
        found = plain(measure(pair(clip_of(), clip_of(**changed)), faces))
        assert {name for name in PARTS if found[name] > 0} == {f"part_{part}_mm"}
        assert (found["mve_mm"] > 0) == (part != "head")
        assert (found["head_error_deg"] > 1) == (part == "head") and (found["jaw_error_deg"] > 1) == (part == "jaw")


def test_names_tell_which_regions_are_derived(head, faces, lip, flame_file):
    """The demo head's lips are marked by its artist, its upper face is not; a file's list is nobody's guess."""
    names = set(measure(pair(clip_of(), clip_of()), faces, lip).values)
    assert {*LVE, "mve_mm", "jaw_error_deg", "fdd_signed_derived", "opening_mae_mm_derived"} <= names
    flame = choose_head(flame_file, expression_space="flame2020")
    space = {"expression_space": "flame2020"}
    found = pair(clip_of(**space), clip_of(seed=1, **space))
    names = set(measure(found, Faces(flame)).values)
    assert {f"{name}_derived" for name in LVE} <= names and not names & set(LVE)
    names = set(measure(found, Faces(flame), LipRegion(np.arange(3), False, "file")).values)
    assert set(LVE) <= names and not any(name.startswith("lve") and name.endswith("_derived") for name in names)


def test_bad_frames_are_left_out_of_everything(faces):
    """As if they were not there, but for steps into and out of them."""
    mine, theirs = motion(), motion(seed=1)
    spoilt = {name: np.array(array) for name, array in theirs.items()}
    spoilt["exp"][10:] = np.nan
    cut = measure(
        pair(clip_of(10, **{k: v[:10] if v.ndim > 1 else v for k, v in mine.items()}), clip_of(**theirs)), faces
    )
    held = measure(pair(clip_of(**mine), clip_of(**spoilt)), faces)
    assert held.values == pytest.approx(cut.values) and held.weights == cut.weights
    assert held.bad_frames == 10 and held.frames == 20
    for curve in held.curves.values():
        assert curve.shape == (20,) and np.isfinite(curve[:10]).all() and np.isnan(curve[10:]).all()


def test_a_step_across_a_bad_frame_is_none(faces):
    arrays = motion(seed=1)
    arrays["exp"][[5, 9]] = np.nan
    found = measure(pair(clip_of(), clip_of(**arrays)), faces)
    assert found.weights["velocity_error_mm_s"] == 15 and found.weights["mve_mm"] == 18


@pytest.mark.parametrize("indices", [[], [-1], [10**6]])
def test_lips_of_another_head_are_refused(faces, indices):
    with pytest.raises(CompareError, match="no vertices of this head"):
        measure(pair(clip_of(), clip_of()), faces, LipRegion(np.array(indices, int), False, "test"))


def test_one_frame_has_no_velocity(faces):
    found = measure(pair(clip_of(1), clip_of(1, seed=1)), faces)
    assert found.values["velocity_error_mm_s"] is None and found.values["mve_mm"] > 0


def test_curves_are_what_the_metrics_are_means_of(faces):
    found = measure(pair(clip_of(), clip_of(seed=1)), faces)
    assert set(found.curves) == {"lip_error", "face_error", "opening_difference", "jaw_error"}
    assert found.curves["lip_error"].mean() == pytest.approx(found.values["lve_max_l2_mm"], rel=1e-6)
    assert found.curves["jaw_error"].mean() == pytest.approx(found.values["jaw_error_deg"], rel=1e-6)
    mean_opening = np.abs(found.curves["opening_difference"]).mean()
    assert mean_opening == pytest.approx(found.values["opening_mae_mm_derived"], rel=1e-6)
    assert found.worst_frame == found.curves["lip_error"].argmax()


def test_a_wider_mouth_is_a_positive_difference(faces):
    pose = motion()["pose"]
    pose[:, 3] += 0.2
    still = np.zeros((20, 52))
    found = measure(pair(clip_of(exp=still), clip_of(exp=still, pose=pose)), faces)
    assert (found.curves["opening_difference"] > 10).all()


def test_where_expressions_cannot_be_made_only_rotations_are_compared(head):
    """A number of faces without their expressions would be false."""
    neutral = choose_head(head.model.path, expression_space="flame2020")
    clips = [clip_of(seed=seed, expression_space="flame2020") for seed in (0, 1)]
    found = measure(pair(*clips), Faces(neutral))
    known = {name for name, value in plain(found).items() if value is not None}
    assert known == {"jaw_error_deg", "head_error_deg"} and set(found.curves) == {"jaw_error"}
    assert any("Faces cannot be compared" in remark for remark in found.remarks)
    assert found.worst_frame == found.curves["jaw_error"].argmax()


def test_tracks_of_vertices_have_what_vertices_tell(head, faces):
    mine = clip_of()
    track = track_of(head.model.vertices(exp=mine.exp, shape=mine.shape, pose=mine.pose))
    found = plain(measure(pair(mine, track), faces))
    assert {name for name, value in found.items() if value is None} == {"jaw_error_deg", "head_error_deg", *PARTS}
    assert found["lve_max_l2_mm"] < 0.2 and found["fdd_abs"] < 0.2
    both = measure(pair(track, track), faces)
    assert plain(both)["fdd_signed"] is None and any("face at rest" in remark for remark in both.remarks)


def test_measured_goes_through_json(faces):
    found = measure(pair(clip_of(), clip_of(seed=1)), faces, prediction_stem="a_0_pred")
    again = Measured.from_json(json.loads(json.dumps(found.as_json(), allow_nan=False)))
    assert again.as_json() == found.as_json() and again.prediction_stem == "a_0_pred" and again.curves == {}


@pytest.fixture
def own_metrics():
    before = dict(METRICS)
    yield
    METRICS.clear()
    METRICS.update(before)


def test_a_metric_of_ones_own(own_metrics, head, faces, lip):
    @metric("nose_mm", title="Nose", unit="mm")
    def nose_mm(compared: Compared) -> float:
        reference, prediction = compared.points(lip.indices)
        return 1000 * float(np.linalg.norm(prediction - reference, axis=2).mean())

    @metric("broken", title="Broken", unit="mm", region="lips")
    def broken(compared: Compared) -> float:
        return 1 / 0

    @metric("endless", title="Endless", unit="mm")
    def endless(compared: Compared) -> float:
        return float("inf")

    found = measure(pair(clip_of(), clip_of(seed=1)), faces, lip)
    assert found.values["nose_mm"] == pytest.approx(found.values["lve_max_l2_mm"], rel=1e-5)
    assert found.values["broken"] is None and found.values["endless"] is None and found.values["mve_mm"] > 0
    assert any("broken failed: ZeroDivisionError" in remark for remark in found.remarks)
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "expected"), [("mve_mm", "already"), ("Mine", "small letters"), ("x_derived", "small")]
)
def test_names_that_cannot_be(own_metrics, name, expected):
    with pytest.raises(UsageError, match=expected):
        metric(name, title="", unit="")(lambda compared: None)


def test_two_clips_in_one_call(head, tmp_path):
    (tmp_path / "lips.txt").write_text("\n".join(map(str, lip_region(head.model).indices)))
    mine, theirs = clip_of(), clip_of(seed=1, stem="a_0_pred")
    found = compare_clips(mine, theirs, lip_indices=tmp_path / "lips.txt")
    assert found.values == compare_clips(mine, theirs).values and found.prediction_stem == "a_0_pred"
    turned = compare_clips(mine, theirs, head_pose=True, own_identity=True)
    assert turned.values["lve_max_l2_mm"] > found.values["lve_max_l2_mm"]
