"""Which device is taken: rules that must hold on machines this one is not."""

from __future__ import annotations

import sys

import pytest

from viewer.errors import RenderError
from viewer.render import devices
from viewer.render.devices import EglDevice, choose, list_devices, parse_nvidia_use

A100 = EglDevice(0, "/dev/dri/card1", "NVIDIA", software=False, pci="0000:3b:00.0")
SECOND = EglDevice(1, "/dev/dri/card2", "NVIDIA", software=False, pci="0000:af:00.0")
INTEL = EglDevice(2, "/dev/dri/card0", "Mesa", software=False, pci="0000:00:02.0")
SOFTWARE = EglDevice(3, "software", "Mesa", software=True)
IDLE: dict[str, str | None] = {"0000:3b:00.0": None, "0000:af:00.0": None}


def order(*args: object) -> list[int]:
    return [candidate.device.index for candidate in choose(*args)]  # type: ignore[arg-type]


def test_auto_takes_the_first_idle_gpu_and_keeps_software_in_reserve() -> None:
    assert order("auto", [A100, SECOND, INTEL, SOFTWARE], IDLE) == [0, 1, 2, 3]


def test_auto_leaves_busy_gpus_alone_and_says_so() -> None:
    busy = {"0000:3b:00.0": "71.0 GiB of its memory are in use", "0000:af:00.0": None}
    candidates = choose("auto", [A100, SECOND, SOFTWARE], busy)
    assert [c.device for c in candidates] == [SECOND, SOFTWARE]
    assert "GPU 0" in candidates[0].why
    assert "71.0 GiB" in candidates[0].why
    assert "--gl 0" in candidates[0].why


def test_auto_falls_back_to_software_when_every_gpu_is_busy() -> None:
    busy = dict.fromkeys(IDLE, "it is 97 % busy")
    assert order("auto", [A100, SECOND, SOFTWARE], busy) == [3]


def test_a_gpu_nobody_can_judge_is_left_alone() -> None:
    candidates = choose("auto", [A100, SOFTWARE], None)
    assert [c.device for c in candidates] == [SOFTWARE]
    assert "nvidia-smi" in candidates[0].why


def test_a_gpu_without_address_counts_as_busy_when_any_is() -> None:
    unknown = EglDevice(0, "NVIDIA GPU", "NVIDIA", software=False)
    assert order("auto", [unknown, SOFTWARE], {"0000:3b:00.0": None, "0000:af:00.0": "it is 50 % busy"}) == [3]
    assert order("auto", [unknown, SOFTWARE], IDLE) == [0, 3]


def test_a_number_takes_a_busy_gpu_because_it_was_asked_for() -> None:
    busy = dict.fromkeys(IDLE, "it is 97 % busy")
    assert order(1, [A100, SECOND, SOFTWARE], busy) == [1]
    assert order("0", [A100, SECOND, SOFTWARE], None) == [0]


def test_software_never_touches_a_gpu() -> None:
    assert order("software", [A100, SOFTWARE], IDLE) == [3]
    with pytest.raises(RenderError, match=r"no software renderer.*libgl1-mesa-dri"):
        choose("software", [A100], IDLE)


def test_unknown_numbers_list_the_devices() -> None:
    with pytest.raises(RenderError, match=r"no EGL device 7; there is 0: /dev/dri/card1 \(NVIDIA\); 3: software"):
        choose(7, [A100, SOFTWARE], IDLE)


def test_only_busy_gpus_and_no_software_is_an_error_that_says_why() -> None:
    with pytest.raises(RenderError, match=r"97 % busy.*--gl 0"):
        choose("auto", [A100], {"0000:3b:00.0": "it is 97 % busy"})


def test_what_nvidia_smi_prints() -> None:
    text = (
        "00000000:3B:00.0, 4, 0\n"
        "00000000:AF:00.0, 72704, 0\n"
        "00000000:D8:00.0, 12, 35\n"
        "00000001:00:00.0, [N/A], [N/A]\n"
        "00000002:00:00.0, 600, [N/A]\n"
    )
    use = parse_nvidia_use(text)
    assert use["0000:3b:00.0"] is None
    assert use["0000:af:00.0"] == "71.0 GiB of its memory are in use"
    assert use["0000:d8:00.0"] == "it is 35 % busy"
    assert "does not say" in str(use["0001:00:00.0"])
    assert use["0002:00:00.0"] is None


def test_a_driver_that_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_LISTING_SECONDS", 0.2)
    monkeypatch.setattr(devices, "python_command", lambda _: [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(RenderError, match="no answer"):
        list_devices()


def test_a_python_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "python_command", lambda _: ["/nowhere/python"])
    with pytest.raises(RenderError, match="/nowhere/python"):
        list_devices()
