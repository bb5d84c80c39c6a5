"""Vertices -> pictures. OpenGL lives in a process of its own; importing this package loads none of it."""

from viewer.render.child import GlInfo
from viewer.render.client import Renderer, shared_renderer
from viewer.render.devices import EglDevice, list_devices
from viewer.render.job import Painted

__all__ = ["EglDevice", "GlInfo", "Painted", "Renderer", "list_devices", "shared_renderer"]
