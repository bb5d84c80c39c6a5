"""The player's binaries, read back and played by the plainest means."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from tests.flame.factories import head_like_flame, random_flame, write_npz
from viewer.clip import Audio, Clip
from viewer.errors import ClipError
from viewer.flame import FlameModel, HeadChoice, choose_head
from viewer.video.sound import fit_audio
from viewer.web.wire import pack_clip, pack_head, wav_bytes
from viewer.web.wire.container import pack, unpack
from viewer.web.wire.directions import TOLERANCE_METRES, compress


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heads")

    def load(name, arrays):
        return HeadChoice(FlameModel.load(write_npz(folder / name, arrays)), False, ())

    return {
        "demo": choose_head(expression_space="arkit52"),
        "smooth": load("smooth.npz", head_like_flame()),
        "noise": load("noise.npz", random_flame()),
    }


@pytest.fixture(scope="module")
def packed(heads):
    return {name: pack_head(head.model) for name, head in heads.items()}


def moving_clip(head, *, shape, frames=12, seed=0):
    rng = np.random.default_rng(seed)
    n_exp = 52 if head.model.expression_space == "arkit52" else 100
    return Clip.from_arrays(
        exp=rng.normal(0, 1, (frames, n_exp)), pose=rng.uniform(-1, 1, (frames, 6)), shape=shape, fps=25
    )


def played(head, clip):
    """Vertices (T, V, 3) of the packed head and clip, in float64, by the formula in docs/player.md."""
    (facts, h), (_, c) = unpack(head.data), unpack(clip)
    assert facts["kind"] == "head"
    rest, jaw_weight = h["weights"].astype(float)[:, :, None]
    template, joints = h["template"].astype(float), h["joints"]
    if "joints" in c:
        template = template + scaled(c["identity_offset"], c["identity_offset_scale"])[0]
        joints = c["joints"]
    exp_dirs, jaw_dirs = scaled(h["exp_dirs"], h["exp_scale"]), scaled(h["jaw_dirs"], h["jaw_scale"])
    for frame in range(len(c["pose"])):
        exp = c["exp"][frame].astype(float)
        v = template + np.tensordot(exp, exp_dirs[: len(exp)], axes=1)
        j = joints + np.tensordot(exp, h["exp_joint_dirs"][: len(exp)], axes=1)
        if "identity" in c:
            v = v + np.tensordot(c["identity"][frame], scaled(c["identity_dirs"], c["identity_scale"]), axes=1)
            j = j + np.tensordot(c["identity"][frame], c["identity_joint_dirs"], axes=1)
        root, jaw = Rotation.from_rotvec(c["pose"][frame].reshape(2, 3)).as_matrix()
        v = v + np.tensordot((jaw - np.eye(3)).ravel(), jaw_dirs, axes=1)
        with_root = (v - j[0]) @ root.T + j[0]
        with_jaw = (v - j[1]) @ (root @ jaw).T + (j[1] - j[0]) @ root.T + j[0]
        yield rest * with_root + jaw_weight * with_jaw


def scaled(values, scale):
    return values.astype(float) * scale[:, None, None].astype(float)


def errors_mm(heads, packed, name, clip):
    expected = np.concatenate(list(heads[name].vertex_blocks(clip)))
    found = np.array(list(played(packed[name], pack_clip(clip, heads[name], head_key="k"))))
    return 1000 * np.linalg.norm(found - expected, axis=2)


@pytest.mark.parametrize("name", ["demo", "smooth", "noise"])
@pytest.mark.parametrize("identity", ["mean", "constant", "jump", "flicker"])
def test_what_is_sent_makes_the_same_vertices(heads, packed, name, identity):
    rng = np.random.default_rng(1)
    shape = {
        "mean": None,
        "constant": rng.normal(size=100),
        "jump": np.repeat(rng.normal(size=(2, 100)), 6, axis=0),
        "flicker": rng.normal(size=100) + 0.1 * rng.normal(size=(12, 100)),
    }[identity]
    error = errors_mm(heads, packed, name, moving_clip(heads[name], shape=shape))
    assert error.mean() <= 0.001
    assert error.max() <= 0.01


def test_an_identity_that_jumps_costs_one_direction(heads):
    shape = np.repeat(np.random.default_rng(0).normal(size=(2, 100)), 6, axis=0)
    facts, arrays = unpack(pack_clip(moving_clip(heads["smooth"], shape=shape), heads["smooth"], head_key="k"))
    assert facts["identity_changes"]
    assert len(arrays["identity_scale"]) == 1
    facts, arrays = unpack(pack_clip(moving_clip(heads["smooth"], shape=shape[0]), heads["smooth"], head_key="k"))
    assert not facts["identity_changes"]
    assert "identity" not in arrays


def test_neutral_heads_get_pose_only(heads, packed):
    head = HeadChoice(heads["demo"].model, True, ("No FLAME model found.",))
    clip = moving_clip(heads["smooth"], shape=np.ones(100))
    facts, arrays = unpack(pack_clip(clip, head, head_key="k"))
    assert set(arrays) == {"exp", "pose"}
    assert arrays["exp"].shape == (12, 0)
    assert facts["zero_expression"]
    assert facts["altered"] == ["No FLAME model found."]
    assert errors_mm({"demo": head}, packed, "demo", clip).max() <= 0.01


def test_coefficients_of_empty_slots_are_not_sent(heads, packed):
    """The demo head has 52 expressions in 100 slots; data may fill them all."""
    exp = np.random.default_rng(0).normal(0, 0.3, (4, 100))
    clip = Clip.from_arrays(exp=exp, pose=np.zeros((4, 6)))
    _, arrays = unpack(pack_clip(clip, heads["demo"], head_key="k"))
    assert arrays["exp"].shape == (4, 52)
    assert errors_mm(heads, packed, "demo", clip).max() < 0.01


def test_padding_is_not_sent(heads):
    exp = np.zeros((4, 100))
    exp[2, 7] = 1
    clip = Clip.from_arrays(exp=exp, pose=np.zeros((4, 6)), shape=np.zeros(100))
    _, arrays = unpack(pack_clip(clip, heads["smooth"], head_key="k"))
    assert arrays["exp"].shape == (4, 8)
    assert "identity_offset" not in arrays


def test_a_clip_that_does_not_fit_is_refused_as_in_python(heads):
    clip = Clip.from_arrays(exp=np.ones((3, 120)), pose=np.zeros((3, 6)))
    with pytest.raises(ClipError, match="exp has 120 coefficients"):
        pack_clip(clip, heads["smooth"], head_key="k")


def track_errors_mm(heads, vertices):
    clip = Clip.from_arrays(vertices=vertices)
    facts, arrays = unpack(pack_clip(clip, heads["smooth"], head_key="k"))
    assert facts["motion"] == "vertices"
    found = arrays["track_rest"] + arrays["track"].astype(float) * arrays["track_scale"]
    return arrays["track"].dtype, 1000 * np.linalg.norm(found - clip.vertices, axis=2)


@pytest.mark.parametrize("moved", [0.0, 0.01, 0.2])
def test_a_track_is_sent_in_small_integers(heads, moved):
    rng = np.random.default_rng(0)
    vertices = heads["smooth"].model.v_template + moved * rng.uniform(-1, 1, (7, 5023, 3))
    dtype, error = track_errors_mm(heads, vertices)
    assert dtype == np.int16
    assert error.max() <= 0.01


def test_a_track_that_moves_far_is_sent_as_it_is(heads):
    vertices = heads["smooth"].model.v_template + np.array([0, 0, 50.0])[None, None] * np.arange(6)[:, None, None]
    dtype, error = track_errors_mm(heads, vertices)
    assert dtype == np.float32
    assert error.max() <= 0.02  # float32 at 250 m


def test_a_track_that_would_fill_the_browser_is_refused(heads, monkeypatch):
    monkeypatch.setattr("viewer.web.wire.track.MAX_BYTES", 1 << 19)
    clip = Clip.from_arrays(vertices=np.tile(heads["smooth"].model.v_template, (20, 1, 1)), stem="long")
    with pytest.raises(ClipError, match=r"long: 20 frames of 5,023 vertices are 0 MB, .* Watch it as mp4"):
        pack_clip(clip, heads["smooth"], head_key="k")


def test_a_track_of_another_head_is_refused(heads):
    with pytest.raises(ClipError, match="the track has 9 vertices a frame"):
        pack_clip(Clip.from_arrays(vertices=np.zeros((2, 9, 3))), heads["smooth"], head_key="k")


def test_a_track_plays_as_it_is_where_expressions_would_stay_neutral(heads):
    neutral = HeadChoice(heads["smooth"].model, True, ("Expressions stay neutral.",))
    clip = Clip.from_arrays(vertices=heads["smooth"].model.v_template[None])
    facts, _ = unpack(pack_clip(clip, neutral, head_key="k"))
    assert not facts["zero_expression"] and facts["altered"] == []


def test_frames_that_are_nan_in_the_data_are_named_and_hold(heads, packed):
    clip = moving_clip(heads["smooth"], shape=None)
    pose = np.array(clip.pose)
    pose[[0, 4, 5], 2] = np.nan
    held = Clip.from_arrays(exp=clip.exp, pose=pose)
    data = pack_clip(held, heads["smooth"], head_key="k")
    facts, _ = unpack(data)
    assert (facts["bad_frames"], facts["bad_values"]) == ([[0, 0], [4, 5]], "NaN")
    vertices = np.array(list(played(packed["smooth"], data)))
    expected = np.array(list(played(packed["smooth"], pack_clip(clip, heads["smooth"], head_key="k"))))
    np.testing.assert_array_equal(vertices, expected[[1, 1, 2, 3, 3, 3, *range(6, 12)]])
    assert b"NaN," not in data[:2000] and facts["altered"][0].startswith("3 of 12 frames are NaN in pose")


@pytest.mark.parametrize("factor", [1000, 9000])
def test_huge_coefficients_stay_finite(heads, packed, factor):
    clip = moving_clip(heads["smooth"], shape=factor * np.ones(20))
    clip = Clip.from_arrays(exp=factor * clip.exp.clip(-1, 1), pose=clip.pose, shape=clip.shape)
    vertices = np.array(list(played(packed["smooth"], pack_clip(clip, heads["smooth"], head_key="k"))))
    assert np.isfinite(vertices).all()
    expected = np.concatenate(list(heads["smooth"].vertex_blocks(clip)))
    assert np.abs(vertices - expected).max() < 1e-4 * np.abs(expected).max()


def test_the_head_is_named_by_its_content(heads, packed):
    assert pack_head(heads["smooth"].model).key == packed["smooth"].key
    assert len({head.key for head in packed.values()}) == 3


def test_facts_of_a_clip(heads):
    clip = Clip.from_arrays(
        stem='a "b" <c>',
        exp=np.zeros((50, 5)),
        pose=np.zeros((50, 6)),
        audio=np.zeros(16000),
        transcript="<b>two</b> words",
    )
    facts, _ = unpack(pack_clip(clip, heads["smooth"], head_key="k"))
    assert facts["stem"] == 'a "b" <c>'
    assert [word[0] for word in facts["words"]] == ["<b>two</b>", "words"]
    assert facts["altered"] == ["sound padded with 1.00 s of silence to the motion's 2.00 s"]
    assert (facts["frames"], facts["fps"], facts["head"]) == (50, 25, "k")


dtypes = st.sampled_from(["uint8", "int16", "uint16", "uint32", "float32", "float64"])


@given(
    st.dictionaries(
        st.text("abcdef_", min_size=1, max_size=8),
        dtypes.flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5))
        ),
        max_size=4,
    ),
    st.text(max_size=20),
)
def test_arrays_come_back_as_they_were(arrays, text):
    header, found = unpack(pack({"text": text}, arrays))
    assert header == {"text": text}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@given(st.integers(0, 20), st.floats(1e-6, 0.1), st.integers(0, 99))
def test_compression_keeps_its_promise(n, size, seed):
    directions = np.random.default_rng(seed).normal(0, size, (n, 40, 3))
    values, scale = compress(directions)
    found = scaled(values, scale)
    assert np.sqrt(((found - directions) ** 2).sum(axis=(0, 2))).mean() <= max(TOLERANCE_METRES, 1e-6 * size)
    if values.dtype == np.float32:
        np.testing.assert_array_equal(values, directions.astype(np.float32))


@pytest.mark.parametrize(
    ("rate", "channels", "expected"),
    [(16000, 1, (16000, 1)), (44100, 2, (44100, 2)), (2000, 1, (48000, 1)), (192000, 6, (48000, 1))],
)
def test_sound_is_as_long_as_the_motion_in_a_form_that_browsers_play(rate, channels, expected):
    time = np.arange(round(1.7 * rate)) / rate
    tone = 0.5 * np.sin(2 * np.pi * 100 * time)
    clip = Clip.from_arrays(
        exp=np.zeros((50, 1)), pose=np.zeros((50, 6)), audio=np.tile(tone[:, None], (1, channels)), sample_rate=rate
    )
    samples, found_rate = soundfile.read(io.BytesIO(wav_bytes(clip)), always_2d=True)
    assert (found_rate, samples.shape[1]) == expected
    assert len(samples) == 2 * found_rate
    spectrum = np.abs(np.fft.rfft(samples[:found_rate, 0]))
    assert spectrum.argmax() == 100
    assert np.abs(samples[:, 0]).max() == pytest.approx(0.5, abs=0.02)
    assert not samples[round(1.72 * found_rate) :].any()


def test_sound_is_the_mp4s():
    rng = np.random.default_rng(0)
    audio = Audio(rng.uniform(-1, 1, (20000, 1)).astype(np.float32), 16000)
    clip = Clip.from_arrays(exp=np.zeros((25, 1)), pose=np.zeros((25, 6)), audio=audio.samples)
    fitted = fit_audio(audio, 25, 25)
    samples, _ = soundfile.read(io.BytesIO(wav_bytes(clip)), dtype="float32", always_2d=True)
    assert np.abs(samples - fitted.samples).max() < 1e-4
