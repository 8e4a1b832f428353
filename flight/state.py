"""State: digest, snapshot and restore of everything that a mission is."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import xxhash

if TYPE_CHECKING:
    from flight.python_slot import PythonSlot
    from flight.vehicle import Vehicle
    from hal.core.arena import Arena

MAGIC = b"farside snapshot 1\n"
_LENGTH = struct.Struct("<Q")


def digest(arenas: Sequence[Any], frozen: Sequence[bytes]) -> str:
    """XXH3-128 over the octets of the arenas, then the frozen state of each Python slot (a recorder's includes its flash's history)."""
    h = xxhash.xxh3_128()
    for octets in arenas:
        h.update(octets)
    for octets in frozen:
        h.update(octets)
    return str(h.hexdigest())


def signature(arenas: Sequence[Arena]) -> str:
    """A hash of the symbol tables: a snapshot means something only to the build that has the same."""
    h = xxhash.xxh3_128()
    for arena in arenas:
        h.update(f"{arena.name}:{arena.used}\n".encode())
        for record in arena.records.values():
            kind = "" if record.view is None else record.view.dtype.descr if record.view.dtype.fields else record.view.dtype.str
            h.update(f"{record.name}:{record.offset}:{record.size}:{kind}\n".encode())
    return str(h.hexdigest())


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _slot_state(slot: PythonSlot) -> dict[str, Any]:
    saved = slot.save()
    history = {str(count): _text(octets) for count, octets in saved["history"].items()}
    return {**saved, "history": history, "now": _text(saved["now"]), "completion": _text(saved["completion"])}


def _load_slot(slot: PythonSlot, state: dict[str, Any]) -> None:
    history = {int(count): base64.b64decode(octets) for count, octets in state["history"].items()}
    now, completion = base64.b64decode(state["now"]), base64.b64decode(state["completion"])
    slot.load({**state, "history": history, "now": now, "completion": completion})


def pack(
    header: dict[str, Any],
    tables: str,
    arenas: Sequence[Arena],
    slots: Mapping[str, PythonSlot],
    vehicles: Sequence[Vehicle],
    outside: bytes,
) -> bytes:
    """A snapshot: header, arenas, Python slots, overlays of the flashes, what the world keeps outside its arena, and a hash of it all.

    `tables` is the arenas' signature.
    """
    flashes = {v.name: v.flash.save() for v in vehicles if v.flash is not None}
    described = header | {
        "signature": tables,
        "arenas": [[arena.name, arena.used] for arena in arenas],
        "slots": {name: _slot_state(slot) for name, slot in slots.items()},
        "outside": len(outside),
        "flashes": {name: {"hash": _text(running), "blocks": sorted(overlay)} for name, (overlay, running) in flashes.items()},
    }
    text = json.dumps(described, sort_keys=True, separators=(",", ":")).encode()
    parts = [MAGIC, _LENGTH.pack(len(text)), text, *(arena.save() for arena in arenas)]
    for overlay, _ in flashes.values():
        parts += [overlay[block] for block in sorted(overlay)]
    parts.append(outside)
    body = b"".join(parts)
    return body + xxhash.xxh3_128_digest(body)


def unpack(octets: bytes) -> tuple[dict[str, Any], memoryview]:
    """Header and body. Raises ValueError when the octets are no whole snapshot."""
    if not octets.startswith(MAGIC):
        raise ValueError(f"no snapshot of this format ({MAGIC.decode().strip()!r})")
    if len(octets) < len(MAGIC) + 24 or xxhash.xxh3_128_digest(octets[:-16]) != octets[-16:]:
        raise ValueError("the snapshot is damaged or cut short: its hash is wrong")
    (length,) = _LENGTH.unpack_from(octets, len(MAGIC))
    start = len(MAGIC) + _LENGTH.size
    try:
        header = json.loads(octets[start : start + length])
    except RecursionError:
        header = None
    if not isinstance(header, dict):
        raise ValueError("the header of the snapshot is no JSON object")
    return header, memoryview(octets)[start + length : -16]


def restore(
    header: dict[str, Any],
    body: memoryview,
    tables: str,
    arenas: Sequence[Arena],
    slots: Mapping[str, PythonSlot],
    vehicles: Sequence[Vehicle],
) -> bytes:
    """Put a snapshot's state back; returns what the world keeps outside its arena. Raises ValueError, before anything is changed, when it
    was made by another build."""
    if header["signature"] != tables:
        raise ValueError("the snapshot was made by another build or another table: their symbols differ")
    at = 0
    for arena, (_, size) in zip(arenas, header["arenas"], strict=True):
        arena.load(bytes(body[at : at + size]))
        at += size
    for name, slot in slots.items():
        _load_slot(slot, header["slots"][name])
    for vehicle in vehicles:
        if vehicle.flash is not None:
            saved = header["flashes"][vehicle.name]
            overlay = {}
            for block in saved["blocks"]:
                overlay[block] = bytes(body[at : at + 4096])
                at += 4096
            vehicle.flash.load(overlay, base64.b64decode(saved["hash"]))
    return bytes(body[at : at + header["outside"]])
