"""PNG and mesh files, read back by others' readers; messages between processes."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from tests.render import heads
from viewer.errors import RenderError, UsageError
from viewer.render import protocol
from viewer.render.mesh import save_mesh
from viewer.render.png import save_png


def test_png_keeps_every_pixel(tmp_path: Path) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    save_png(tmp_path / "a b ü.png", frame)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a b ü.png")), frame)


def test_png_keeps_alpha(tmp_path: Path) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (30, 40, 4), np.uint8)
    save_png(tmp_path / "a.png", frame)
    picture = Image.open(tmp_path / "a.png")
    assert picture.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(picture), frame)


def test_png_refuses_what_it_cannot_write(tmp_path: Path) -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(RenderError, match=r"nowhere/a\.png"):
        save_png(tmp_path / "nowhere" / "a.png", frame)
    with pytest.raises(RenderError, match="expected uint8"):
        save_png(tmp_path / "a.png", frame / 255)


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".glb", ".PLY"])
def test_meshes_come_back_with_the_same_vertices_and_faces(tmp_path: Path, suffix: str) -> None:
    vertices = heads.head(0.4)
    path = tmp_path / f"frame{suffix}"
    save_mesh(path, vertices, heads.faces(), heads.colors())
    mesh = trimesh.load(path, process=False, force="mesh")
    np.testing.assert_allclose(mesh.vertices, vertices, atol=1e-6)
    np.testing.assert_array_equal(mesh.faces, heads.faces())
    colors = np.asarray(mesh.visual.vertex_colors)[:, :3]
    if suffix == ".glb":  # linear light
        assert tuple(colors[heads.colors()[:, 0] == 224][0]) == (190, 114, 80)
    else:
        np.testing.assert_array_equal(colors, heads.colors())


def test_meshes_refuse_what_they_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.obj, \.ply, \.glb"):
        save_mesh(tmp_path / "a.stl", heads.head(), heads.faces())
    with pytest.raises(RenderError, match="nowhere"):
        save_mesh(tmp_path / "nowhere" / "a.obj", heads.head(), heads.faces())
    with pytest.raises(RenderError, match="NaN"):
        save_mesh(tmp_path / "a.obj", heads.head() * np.nan, heads.faces())
    assert not list(tmp_path.iterdir())


def test_messages_arrive_as_they_were_sent() -> None:
    ours, theirs = socket.socketpair()
    big = np.random.default_rng(1).random((200, 300, 7))
    message = {"big": big, "strided": big[::2, :, 3], "empty": np.zeros((0, 3)), "text": "é", "nothing": None}
    with ours, theirs:
        sender = threading.Thread(target=protocol.send, args=(ours, message))
        sender.start()
        received = protocol.receive(theirs)
        sender.join()
        for name, value in message.items():
            np.testing.assert_array_equal(received[name], value)
        assert received["big"].flags.writeable
        ours.close()
        with pytest.raises(EOFError):
            protocol.receive(theirs)


def test_a_message_cut_short_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"\x01\x00\x00")
        ours.close()
        with pytest.raises(EOFError):
            protocol.receive(theirs)
