"""Messages between the render process and its owner, over a pair of connected sockets.

A message is a pickle whose large arrays follow it as they are (pickle protocol 5, out-of-band buffers), so that
nothing is copied on the way. Both ends are our own code in processes of the same user.
"""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

import numpy as np

_LENGTH = struct.Struct("<Q")


def send(sock: socket.socket, message: Any) -> None:
    """Raises OSError when the other end has gone."""
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=arrays.append)
    parts = [memoryview(head), *(array.raw() for array in arrays)]
    sock.sendall(struct.pack(f"<{1 + len(parts)}Q", len(parts), *(part.nbytes for part in parts)))
    for part in parts:
        sock.sendall(part)


def receive(sock: socket.socket) -> Any:
    """Raises EOFError when the other end has closed, OSError when the connection broke."""
    (n_parts,) = _LENGTH.unpack(_read(sock, _LENGTH.size))
    lengths = struct.unpack(f"<{n_parts}Q", _read(sock, _LENGTH.size * n_parts))
    head, *buffers = (_read(sock, length) for length in lengths)
    return pickle.loads(head, buffers=buffers)


def _read(sock: socket.socket, length: int) -> memoryview:
    buffer = np.empty(length, np.uint8).data
    done = 0
    while done < length:
        n = sock.recv_into(buffer[done:])
        if n == 0:
            raise EOFError
        done += n
    return buffer
