"""What FLAME repositories do to turn a clip into an mp4, call for call: the baseline of every speed claim.

Batched decode; then for each frame a new `trimesh.Trimesh`, `pyrender.Mesh.from_trimesh` and `Scene`, drawn by
pyrender's own shader with its 4x MSAA under three lights (the number pyrender's viewer uses) on one kept
`OffscreenRenderer`; imageio's writer with its defaults; the sound muxed afterwards by ffmpeg.

This file is frozen: it shares no code with the viewer and is not tuned, so that ratios stay comparable over time.

    PYOPENGL_PLATFORM=egl python benchmarks/naive_pipeline.py HEAD.npz CLIP.npz CLIP.wav OUT.mp4
"""

import os

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio
import imageio_ffmpeg
import numpy as np
import pyrender
import trimesh


def decode(head, exp, shape, pose):
    """Batched linear blend skinning as in smplx.lbs, in float32: (T, V, 3)."""
    n_frames = len(exp)
    betas = np.zeros((n_frames, 400), np.float32)
    betas[:, : shape.shape[1]] = shape
    betas[:, 300 : 300 + exp.shape[1]] = exp
    v_shaped = head["v_template"] + np.einsum("bl,mkl->bmk", betas, head["shapedirs"], optimize=True)
    joints = np.einsum("bik,ji->bjk", v_shaped, head["J_regressor"], optimize=True)
    full_pose = np.zeros((n_frames, 5, 3), np.float32)
    full_pose[:, 0], full_pose[:, 2] = pose[:, :3], pose[:, 3:]
    rotations = np.stack([rodrigues(p) for p in full_pose.reshape(-1, 3)]).reshape(n_frames, 5, 3, 3)
    feature = (rotations[:, 1:] - np.eye(3)).reshape(n_frames, -1)
    n_vertices = len(head["v_template"])
    offsets = (feature @ head["posedirs"].reshape(-1, 36).T).reshape(n_frames, n_vertices, 3)
    v_posed = v_shaped + offsets
    parents = [-1, 0, 1, 1, 1]
    world = np.zeros((n_frames, 5, 4, 4))
    for j in range(5):
        local = np.tile(np.eye(4), (n_frames, 1, 1))
        local[:, :3, :3] = rotations[:, j]
        local[:, :3, 3] = joints[:, j] - (joints[:, parents[j]] if j else 0)
        world[:, j] = local if j == 0 else world[:, parents[j]] @ local
    world[:, :, :3, 3] -= np.einsum("bjik,bjk->bji", world[:, :, :3, :3], joints)
    blended = np.einsum("vj,bjik->bvik", head["weights"], world, optimize=True)
    return np.einsum("bvik,bvk->bvi", blended[..., :3, :3], v_posed) + blended[..., :3, 3]


def rodrigues(r):
    angle = np.linalg.norm(r + 1e-8)
    x, y, z = r / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def look_at(eye, target):
    z = (eye - target) / np.linalg.norm(eye - target)
    x = np.cross([0, 1, 0], z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = x, np.cross(z, x), z, eye
    return pose


def render_frame(renderer, vertices, faces, camera_pose, light_poses):
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    material = pyrender.MetallicRoughnessMaterial(
        baseColorFactor=[142 / 255, 179 / 255, 247 / 255, 1.0], metallicFactor=0.2, roughnessFactor=0.7
    )
    scene = pyrender.Scene(bg_color=[1.0, 1.0, 1.0, 1.0], ambient_light=[0.3, 0.3, 0.3])
    scene.add(pyrender.Mesh.from_trimesh(mesh, material=material, smooth=True))
    scene.add(pyrender.PerspectiveCamera(yfov=np.deg2rad(20)), pose=camera_pose)
    for pose in light_poses:
        scene.add(pyrender.DirectionalLight(color=np.ones(3), intensity=1.5), pose=pose)
    color, _depth = renderer.render(scene)
    return color


def main(head_path, clip_path, wav_path, out_path, size=512):
    stages = {}
    started = time.perf_counter()
    with np.load(head_path) as archive:
        names = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights")
        head = {name: archive[name].astype(np.float32) for name in names}
        faces = archive["f"].astype(np.int64)
    with np.load(clip_path) as archive:
        exp, shape, pose = (archive[name].astype(np.float32) for name in ("exp", "shape", "pose"))
    stages["load"] = time.perf_counter() - started

    mark = time.perf_counter()
    vertices = decode(head, exp, shape, pose)
    stages["decode"] = time.perf_counter() - mark

    mark = time.perf_counter()
    target = (head["v_template"].min(0) + head["v_template"].max(0)) / 2
    camera_pose = look_at(target + [0, 0, 0.9], target)
    directions = ([0.5, 0.5, 1.0], [-0.7, 0.2, 0.8], [0.0, 0.8, -0.6])
    light_poses = [look_at(target + np.asarray(direction), target) for direction in directions]
    renderer = pyrender.OffscreenRenderer(size, size)
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "silent.mp4"
        writer = imageio.get_writer(silent, fps=25)
        for frame_vertices in vertices:
            writer.append_data(render_frame(renderer, frame_vertices, faces, camera_pose, light_poses))
        writer.close()
        renderer.delete()
        stages["render and encode"] = time.perf_counter() - mark

        mark = time.perf_counter()
        ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
        command = [ffmpeg, "-y", "-i", silent, "-i", wav_path, "-c:v", "copy", "-c:a", "aac", "-shortest", out_path]
        subprocess.run(command, check=True, capture_output=True)
        stages["mux"] = time.perf_counter() - mark
    stages["total"] = time.perf_counter() - started
    return {"frames": len(vertices), "seconds": stages}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:5])))
