"""Damaged files: a valid one with bytes changed, cut out, doubled or cut off."""

from __future__ import annotations

from hypothesis import strategies as st

_INTERESTING = (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"ustar", b"PK\1\2")


@st.composite
def mutations(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` after one to four changes, mostly near its beginning or end: there the headers are."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = _position(draw, len(changed))
        end = min(at + draw(st.sampled_from((1, 2, 4, 30, 512, 1000))), len(changed))
        match draw(st.sampled_from(("flip", "set", "put", "cut", "double", "end"))):
            case "flip" if at < end:
                changed[at] ^= 1 << draw(st.integers(0, 7))
            case "set" if at < end:
                changed[at] = draw(st.integers(0, 255))
            case "put":
                value = draw(st.sampled_from(_INTERESTING))
                changed[at : at + len(value)] = value
            case "cut":
                del changed[at:end]
            case "double":
                changed[at:at] = changed[at:end]
            case "end":
                del changed[at:]
    return bytes(changed)


def _position(draw: st.DrawFn, length: int) -> int:
    near = draw(st.integers(0, min(length, 400)))
    return draw(st.sampled_from((near, length - near, draw(st.integers(0, length)))))
