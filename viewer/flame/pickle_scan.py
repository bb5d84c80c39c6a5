"""Look through the opcodes of a pickle before it is loaded.

Even with every global refused, the unpickler trusts the file: a declared length is allocated before it is read, a memo
index sizes a table, nested tuples are hashed recursively in C. The scan reads opcodes and lengths only, allocates
nothing that depends on them, and refuses what no file of arrays needs.
"""

from __future__ import annotations

import pickletools


class UnsafePickleError(Exception):
    """The pickle is damaged, asks for what is not allowed, or is larger than any file of arrays can be."""


MAX_OPCODES = 100_000
"""A FLAME file has a few hundred; landmark embeddings a few thousand."""
MAX_TUPLES = 5_000
"""Bounds how deep tuples can nest, and with it the recursion when one is hashed as a dictionary key."""

_OPCODES = {ord(opcode.code): opcode for opcode in pickletools.opcodes}
_LENGTH_BYTES = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}
_TWO_LINES = frozenset({"GLOBAL", "INST"})
_TUPLES = frozenset({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"})
_MEMO_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_REFUSED = frozenset({"PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "FROZENSET"})
_PERSISTENT_ID = "BINPERSID"


def scan(data: bytes, *, persistent_ids: bool = False) -> None:
    """Raise UnsafePickleError unless `data` is a whole pickle within the limits above. Runs nothing.

    persistent_ids: allow references to what lies beside the pickle, as in PyTorch's files.
    """
    refused = _REFUSED - {_PERSISTENT_ID} if persistent_ids else _REFUSED
    position = tuples = 0
    for _ in range(MAX_OPCODES):
        if position >= len(data):
            raise UnsafePickleError(f"the pickle ends after {len(data)} bytes without its end mark: it is truncated")
        opcode = _OPCODES.get(data[position])
        if opcode is None:
            raise UnsafePickleError(f"byte {position} ({data[position]:#04x}) is no pickle opcode: not a pickle")
        if opcode.name in refused:
            raise UnsafePickleError(f"the pickle uses {opcode.name}, which no file of arrays needs")
        start, position = position + 1, _argument_end(data, position + 1, opcode)
        if opcode.name == "STOP":
            return
        if opcode.name in _TUPLES:
            tuples += 1
            if tuples > MAX_TUPLES:
                raise UnsafePickleError(f"the pickle builds more than {MAX_TUPLES} tuples; expected under 500")
        elif opcode.name in _MEMO_PUTS and _memo_index(data[start:position], opcode.name) > MAX_OPCODES:
            raise UnsafePickleError("the pickle numbers its objects beyond any that it has")
    raise UnsafePickleError(f"the pickle has more than {MAX_OPCODES} instructions; expected a few hundred")


def _argument_end(data: bytes, start: int, opcode: pickletools.OpcodeInfo) -> int:
    """Position just after the argument that starts at `start`."""
    if opcode.arg is None:
        return start
    size = opcode.arg.n
    if size == pickletools.UP_TO_NEWLINE:
        end = start
        for _ in range(2 if opcode.name in _TWO_LINES else 1):
            newline = data.find(b"\n", end)
            if newline < 0:
                raise UnsafePickleError("the pickle ends in the middle of a line: it is truncated, or not a pickle")
            end = newline + 1
        return end
    if size >= 0:
        end = start + size
        declared = int.from_bytes(data[start:end], "little") if opcode.name == "FRAME" else 0
    else:
        end = start + _LENGTH_BYTES[size]
        declared = int.from_bytes(data[start:end], "little")
    if end + declared > len(data):
        raise UnsafePickleError(
            f"the pickle declares {end + declared - len(data)} bytes more than the file has: it is truncated"
        )
    # What a frame announces are opcodes, to be scanned like any others.
    return end if opcode.name == "FRAME" else end + declared


def _memo_index(argument: bytes, name: str) -> int:
    if name != "PUT":
        return int.from_bytes(argument, "little")
    digits = argument.strip()
    return int(digits) if digits.isdigit() and len(digits) < 10 else 1 << 62
