"""Which EGL devices there are, which of them are idle, and which one to draw on.

Nothing here loads OpenGL into this process or takes memory of a GPU.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

from viewer.errors import RenderError
from viewer.render.python import python_command, python_environment

INSTALL_HINT = (
    "On Debian or Ubuntu: apt-get install libegl1 libgl1 libgl1-mesa-dri. Without root, on a machine that has an "
    "NVIDIA driver: conda install -c conda-forge libegl libgl; on one that has no driver at all, run in a container "
    "image with the packages above. In a container with an NVIDIA GPU: start it with "
    "NVIDIA_DRIVER_CAPABILITIES=graphics,compute,utility and have libegl1 in the image."
)
BUSY_MEMORY_MIB = 2048
BUSY_UTILISATION_PERCENT = 10
_LISTING_SECONDS = 60.0


@dataclass(frozen=True)
class EglDevice:
    """One device that EGL offers."""

    index: int
    """What `--gl N` takes."""
    name: str
    vendor: str
    software: bool
    pci: str | None = None
    """PCI address such as 0000:3b:00.0, where known."""


@dataclass(frozen=True)
class Candidate:
    """A device to try, and why it is its turn."""

    device: EglDevice
    why: str


def list_devices() -> list[EglDevice]:
    """The EGL devices of this machine. Raises RenderError when there is no EGL, or no answer."""
    command = python_command("viewer.render.egl")
    try:
        done = subprocess.run(
            command, env=python_environment(), capture_output=True, text=True, timeout=_LISTING_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"Listing EGL devices gave no answer in {_LISTING_SECONDS:.0f} s: a graphics driver hangs, or the machine "
            "is overloaded. Try again"
        ) from None
    except OSError as error:
        raise RenderError(f"Cannot start {command[0]} to list EGL devices: {error}") from error
    if done.returncode:
        raise RenderError(done.stderr.strip() or f"Listing EGL devices failed (exit code {done.returncode})")
    return [EglDevice(**device) for device in json.loads(done.stdout)]


def nvidia_use() -> dict[str, str | None] | None:
    """PCI address -> why that NVIDIA GPU counts as in use, or None if it is idle. None where nvidia-smi is missing."""
    fields = "pci.bus_id,memory.used,utilization.gpu"
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_nvidia_use(done.stdout)


def parse_nvidia_use(text: str) -> dict[str, str | None]:
    """As `nvidia_use`, from the lines that nvidia-smi prints."""
    use: dict[str, str | None] = {}
    for line in text.splitlines():
        bus, memory, utilisation = (part.strip() for part in line.split(","))
        domain, rest = bus.lower().split(":", 1)
        reason = None
        if not memory.isdigit():
            reason = "nvidia-smi does not say how much of its memory is in use"
        elif int(memory) >= BUSY_MEMORY_MIB:
            reason = f"{int(memory) / 1024:.1f} GiB of its memory are in use"
        elif utilisation.isdigit() and int(utilisation) >= BUSY_UTILISATION_PERCENT:
            reason = f"it is {utilisation} % busy"
        use[f"{domain[-4:]}:{rest}"] = reason
    return use


def choose(gl: str | int, devices: list[EglDevice], use: dict[str, str | None] | None) -> list[Candidate]:
    """Devices to try, best first, for `gl` = "auto", "software" or a number.

    "auto" takes the first idle GPU and never one that others use; software is its last resort. Raises RenderError
    when what was asked for does not exist.
    """
    listed = "; ".join(f"{d.index}: {d.name} ({d.vendor}{', software' if d.software else ''})" for d in devices)
    software = [d for d in devices if d.software]
    if gl == "software":
        if not software:
            raise RenderError(f"There is no software renderer among the EGL devices ({listed}). {INSTALL_HINT}")
        return [Candidate(software[0], "software rendering was asked for")]
    if gl != "auto":
        wanted = [d for d in devices if d.index == int(gl)]
        if not wanted:
            raise RenderError(f"There is no EGL device {gl}; there is {listed}")
        return [Candidate(wanted[0], "it was asked for by number")]
    candidates, skipped = [], []
    for device in devices:
        if device.software:
            continue
        if reason := _in_use(device, use):
            skipped.append(f"GPU {device.index} ({device.name}) was left alone: {reason}; --gl {device.index} takes it")
        else:
            candidates.append(Candidate(device, "; ".join(["first idle GPU", *skipped])))
    candidates += [Candidate(d, "; ".join(skipped) or "EGL offers no GPU") for d in software[:1]]
    if not candidates:
        raise RenderError(f"No idle GPU and no software renderer: {'; '.join(skipped)}. {INSTALL_HINT}")
    return candidates


def _in_use(device: EglDevice, use: dict[str, str | None] | None) -> str | None:
    if device.vendor != "NVIDIA":
        return None
    if use is None:
        return "nvidia-smi is missing, so nobody can tell whether it is in use"
    if device.pci in use:
        return use[device.pci]
    return next((f"{reason} (of a GPU that may be this one)" for reason in use.values() if reason), None)
