"""Which EGL devices there are, which of them are idle, and which one to draw on.

`query` loads the EGL library, so it is called in the render process and, for `list_devices`, in a process of its own
(`python -m viewer.render.devices`). Nothing here makes an OpenGL context or takes memory of a GPU.
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from viewer.errors import RenderError

INSTALL_HINT = (
    "On Debian or Ubuntu: apt-get install libegl1 libgl1 libgl1-mesa-dri. Without root: install libegl, libgl and Mesa "
    "from conda-forge into the environment that runs Python. In a container with an NVIDIA GPU: start it with "
    "NVIDIA_DRIVER_CAPABILITIES=graphics,compute,utility, and install libegl1 in the image."
)
BUSY_MEMORY_MIB = 2048
BUSY_UTILISATION_PERCENT = 10

# Numbers from the EGL registry (khronos.org/registry/EGL).
_EXTENSIONS, _VENDOR, _RENDERER_EXT, _DRM_DEVICE_FILE = 0x3055, 0x3053, 0x335F, 0x3233


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
    """The EGL devices of this machine. Raises RenderError when there is no EGL."""
    from viewer.render.child import python_command, python_environment

    done = subprocess.run(
        python_command("viewer.render.devices"), env=python_environment(), capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        raise RenderError(done.stderr.strip() or f"Listing EGL devices failed (exit code {done.returncode})")
    return [EglDevice(**device) for device in json.loads(done.stdout)]


def query() -> list[EglDevice]:
    """The EGL devices, by loading libEGL into this process. Raises RenderError when it is missing or has none."""
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError as error:
        raise RenderError(
            f"OpenGL without a display needs libEGL, which is missing ({error}). {INSTALL_HINT}"
        ) from None
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    address = {name: egl.eglGetProcAddress(name.encode()) for name in ("eglQueryDevicesEXT", "eglQueryDeviceStringEXT")}
    if not all(address.values()):  # an EGL from before 2015: one unnamed device
        return [EglDevice(0, "default display", "unknown", software=False)]
    handles = ctypes.POINTER(ctypes.c_void_p)
    integer = ctypes.POINTER(ctypes.c_int)
    devices = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, handles, integer)(address["eglQueryDevicesEXT"])
    string = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int)(address["eglQueryDeviceStringEXT"])
    n = ctypes.c_int()
    devices(0, None, ctypes.byref(n))
    if n.value < 1:
        raise RenderError(f"EGL is installed but offers no device, not even software. {INSTALL_HINT}")
    found = (ctypes.c_void_p * n.value)()
    devices(n.value, found, ctypes.byref(n))

    def text(handle: int | None, name: int) -> str:
        return (string(handle, name) or b"").decode(errors="replace")

    return [
        _describe(
            index,
            extensions=text(handle, _EXTENSIONS).split(),
            drm_file=text(handle, _DRM_DEVICE_FILE),
            vendor=text(handle, _VENDOR),
            renderer=text(handle, _RENDERER_EXT),
        )
        for index, handle in enumerate(found[: n.value])
    ]


def _describe(index: int, *, extensions: list[str], drm_file: str, vendor: str, renderer: str) -> EglDevice:
    software = "EGL_MESA_device_software" in extensions
    if not vendor:
        vendor = "NVIDIA" if "EGL_NV_device_cuda" in extensions else "Mesa" if software else "unknown"
    name = renderer or drm_file or ("software" if software else f"{vendor} GPU")
    pci = None
    if drm_file:
        address = Path(f"/sys/class/drm/{Path(drm_file).name}/device").resolve().name
        pci = address if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]", address) else None
    return EglDevice(index, name, vendor, software, pci)


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


def main() -> int:
    try:
        devices = query()
    except RenderError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps([asdict(device) for device in devices]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
