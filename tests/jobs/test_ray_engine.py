"""The engine "ray" before there is a cluster: what is said without Ray, and of addresses."""

import socket
import sys
from types import SimpleNamespace

import pytest

from viewer.errors import JobError, UsageError
from viewer.jobs import RayEngine, run


def test_ray_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(JobError, match=r"pip install -r requirements-ray.txt"):
        run(len, ["a"], out=tmp_path, engine="ray")


@pytest.fixture
def _ray_is_there(monkeypatch):
    ray = SimpleNamespace(is_initialized=lambda: False)
    monkeypatch.setattr("viewer.jobs.ray_engine._ray", lambda: ray)


@pytest.mark.usefixtures("_ray_is_there")
def test_an_address_where_nobody_listens(tmp_path):
    with socket.socket() as taken:  # so that nobody else gets it
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(JobError, match=rf"no Ray cluster answers at 127.0.0.1:{port}"):
            run(len, ["a"], out=tmp_path, engine=RayEngine(f"127.0.0.1:{port}"))


@pytest.mark.usefixtures("_ray_is_there")
@pytest.mark.parametrize("address", ["head", "ray://head:10001", "head:", ":6379", "head:port"])
def test_what_is_no_address(address, tmp_path):
    with pytest.raises(UsageError, match="is no address of a Ray cluster; expected host:port"):
        run(len, ["a"], out=tmp_path, engine=RayEngine(address))


@pytest.mark.usefixtures("_ray_is_there")
def test_the_address_may_stand_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_ADDRESS", "nonsense")
    with pytest.raises(UsageError, match="'nonsense' is no address"):
        run(len, ["a"], out=tmp_path, engine="ray")


def test_an_engine_that_nobody_knows(tmp_path):
    with pytest.raises(UsageError, match="no engine 'slurm'; expected local or ray"):
        run(len, ["a"], out=tmp_path, engine="slurm")
