"""The EGL devices of this machine, asked of libEGL itself.

This loads the library into the process, so it belongs into the render process or one of its own:
`python -m viewer.render.egl` prints the devices as JSON. No OpenGL context is made and no memory of a GPU taken.
"""

from __future__ import annotations

import ctypes
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from viewer.errors import RenderError
from viewer.render.devices import INSTALL_HINT, EglDevice

# Numbers from the EGL registry (khronos.org/registry/EGL).
_EXTENSIONS, _VENDOR, _RENDERER_EXT, _DRM_DEVICE_FILE = 0x3055, 0x3053, 0x335F, 0x3233


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
    if not all(address.values()):
        raise RenderError(f"EGL is installed but has no driver. {INSTALL_HINT}")
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
