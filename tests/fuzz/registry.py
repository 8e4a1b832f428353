"""Every decoder, once: what is fuzzed, with its share of the ten million; and what takes octets and is no decoder, with the reason."""

from __future__ import annotations

from tests.fuzz import drivers, frames, messages, onboard, station, streams
from tests.fuzz.run import Fuzzed

GROUPS: dict[str, tuple[Fuzzed, ...]] = {
    "frames": frames.ENTRIES,
    "streams": streams.ENTRIES,
    "messages": messages.ENTRIES,
    "drivers": drivers.ENTRIES,
    "onboard": onboard.ENTRIES,
    "station": station.ENTRIES,
}
ENTRIES = tuple(entry for group in GROUPS.values() for entry in group)
BY_NAME = {entry.name: entry for entry in ENTRIES}

SENDS = "writes for the link: its octets are our own"
SIMULATED = "the simulated side of a bus, or the simulated world's memory: its octets are our own"
SNAPSHOT = "a part of a snapshot, behind its hash and the signature of the build"
QUEUE = "a queue of octets: reads nothing in them"
NOT_DECODERS = {
    "wire.cadu.encode": SENDS,
    "wire.cfdp.file_data": SENDS,
    "wire.channel_code.encode": SENDS,
    "wire.cltu.encode": SENDS,
    "wire.convolutional.Encoder.feed": SENDS,
    "wire.frame_shapes.build_tc_control": SENDS,
    "wire.frame_shapes.build_tc_frame": SENDS,
    "wire.packet_stream.build_tm": SENDS,
    "wire.pus.build_tc": SENDS,
    "wire.pus.build_tm": SENDS,
    "wire.reed_solomon.encode": SENDS,
    "wire.reed_solomon.encode_block": SENDS,
    "wire.sdls.Unit.seal": SENDS,
    "wire.sdls.seal_tc": SENDS,
    "wire.sdls.seal_tm": SENDS,
    "wire.segment.split": SENDS,
    "wire.space_packet.build_plain": SENDS,
    "wire.space_packet.build_tm": SENDS,
    "wire.tc_frame.build": SENDS,
    "hal.core.bus.Bus.push": QUEUE + "; every driver's input goes through it",
    "hal.core.world.World.load_outside": SIMULATED,
    "hal.core.world.WorldApplication.thaw": SIMULATED,
    "hal.drivers.octets.checks": "two check sums, through which every driver's input goes",
    "hal.flash.FlashMemory.load": "a memory: reads nothing in its octets",
    "hal.flash.FlashMemory.program": "a memory: reads nothing in its octets",
    "flight.apps.files.FileSender.thaw": SNAPSHOT,
    "flight.apps.hazard.Hazard.thaw": SNAPSHOT,
    "flight.apps.pictures.PictureStore.thaw": SNAPSHOT,
    "flight.apps.recorder.Recorder.thaw": SNAPSHOT,
    "flight.python_slot.Application.thaw": SNAPSHOT,
    "flight.security.UplinkUnit.thaw": SNAPSHOT,
    "flight.security_downlink.TelemetrySealer.seal": SENDS,
    "flight.security_outlet.SealedEnds.give": QUEUE,
    "flight.bit_errors.BitErrors.spoil": "spoils octets, reads nothing in them",
    "flight.doors.outlet.Outlet.put": QUEUE,
    "flight.executive.Executive.replay_charges": "costs of slots out of our own recording, whose entries have check sums",
    "flight.handles.Handles.restore": "hands a snapshot on to flight.state.unpack",
    "flight.mission.Mission.restore": "hands a snapshot on to flight.state.unpack",
    "flight.recording.InputRecorder.input": "writes what came",
    "flight.recording.Recorder.input": "writes what came",
    "flight.replay.Verdict.input": "looks at the kind of an input alone",
    "flight.state.digest": "a hash",
    "flight.state.pack": "writes a snapshot",
    "flight.storage.Storage.write": "stores a file as it is",
    "ground.bench.Bench.restore": "hands a snapshot to the emulator",
    "ground.bench.Bench.uplink": "hands octets to the emulator",
    "ground.demo_lockstep.Lockstep.rewind": "hands a snapshot to the emulator",
    "ground.keys.UplinkSecurity.octets": SENDS,
    "ground.keys.UplinkSecurity.seal": SENDS,
    "ground.reference_frames.ReferenceFrames.frame": "packets that came out of the frame; what they say is read by ground.packet",
    "ground.segments.segments_of": SENDS,
    "ground.uplink.Uplink.cltu_octets": SENDS,
    "ground.uplink.Uplink.radiate": SENDS,
    "ground.uplink.Uplink.segments": SENDS,
    "ground.uplink.Uplink.send": SENDS,
}
