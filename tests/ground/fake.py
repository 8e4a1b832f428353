"""A small spacecraft made of the wire alone: it sends CADUs to whoever listens and takes CLTUs. It flies nothing."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

from tests.house import PATIENCE_S
from wire import cadu, cltu, space_packet, tc_frame, time_code, tm_frame

EPOCH_NS = 1_925_000_000 * 1_000_000_000  # TAI since 1958: in January 2019
LANDER, ROVER, RELAY = 0x1C4, 0x1C5, 0x1C6
LANDER_SYSTEM, LANDER_GNC = 0x101, 0x102


def held(port: int) -> socket.socket:
    """A port that is nobody's (0: the system chooses): bound and not listened at, so that it refuses, and is given to nobody but us."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    return made


def is_knocked_at(server: socket.socket, timeout_ms: int | None) -> bool:
    """Whether somebody waits to be accepted, or nobody ever will be again; False for a server that is closed."""
    asked = select.poll()
    try:
        asked.register(server, select.POLLIN)
    except (OSError, ValueError):
        return False
    return any(events & select.POLLIN for _, events in asked.poll(timeout_ms))


class FakeSpacecraft:
    """Doors on loopback, at ports the system chooses unless given. `on_command` gets fields and octets of each sound telecommand.

    From `close` on nobody listens; the ports are given to nobody else until `release`, or the end of a `with`.
    """

    def __init__(self, on_command: Callable[["FakeSpacecraft", dict, bytes], None] | None = None, ports: tuple[int, int] = (0, 0)) -> None:
        self.now_ns = EPOCH_NS
        self.commands: list[tuple[dict, bytes]] = []
        self.on_command = on_command
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._listeners: list[socket.socket] = []
        self._commanders: list[socket.socket] = []
        self._channels: dict[tuple[int, int], tm_frame.Channel] = {}
        self._sequence: dict[int, int] = {}
        self._held = [held(port) for port in ports]
        self._tm, self._tc = (socket.create_server(each.getsockname(), reuse_port=True) for each in self._held)
        self.ports: tuple[int, int] = (self._tm.getsockname()[1], self._tc.getsockname()[1])
        self.tm, self.tc = (f"127.0.0.1:{port}" for port in self.ports)
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._accept_tm, self._accept_tc)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for server in (self._tm, self._tc):
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
        self.drop_clients()
        for thread in self._threads:
            thread.join()

    def release(self) -> None:
        """Let others have the ports."""
        for each in self._held:
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.release()

    def drop_clients(self) -> None:
        """What restoring a snapshot does to radio clients."""
        with self._lock:
            for connection in (*self._listeners, *self._commanders):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for connection in self._listeners:
                connection.close()
            self._listeners.clear()

    def wait_listeners(self, count: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._listeners) >= count, PATIENCE_S), f"{len(self._listeners)} listen"

    def wait_commands(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.commands) >= count, PATIENCE_S), f"{len(self.commands)} commands came"

    def packet(self, apid: int, service: int, subtype: int, data: bytes = b"") -> bytes:
        count = self._sequence.get(apid, 0)
        self._sequence[apid] = (count + 1) & 0x3FFF
        return space_packet.build_tm(apid, count, service, subtype, time_code.from_ns(self.now_ns), data)

    def frames(self, spacecraft: int, packets: list[bytes], channel: int = 0) -> list[bytes]:
        """CADUs that carry these packets, filled up."""
        sender = self._channels.setdefault((spacecraft, channel), tm_frame.Channel(spacecraft, channel))
        frames: list[bytes] = []
        for packet in packets:
            while not sender.append(packet):
                frames.append(sender.finish())
        if sender.waiting:
            frames.append(sender.finish())
        return [cadu.encode(frame) for frame in frames]

    def send(self, octets: bytes) -> None:
        """Raw octets to every listener."""
        with self._lock:
            for connection in list(self._listeners):
                try:
                    connection.sendall(octets)
                except OSError:
                    connection.close()
                    self._listeners.remove(connection)

    def emit(self, apid: int, service: int, subtype: int, data: bytes = b"", spacecraft: int = LANDER, channel: int = 0) -> bytes:
        """One packet, in a frame of its own, now. Time goes on by 10 ms."""
        packet = self.packet(apid, service, subtype, data)
        self.now_ns += 10_000_000
        self.send(b"".join(self.frames(spacecraft, [packet], channel)))
        return packet

    def _accept_tm(self) -> None:
        while is_knocked_at(self._tm, None):
            with self._changed:  # until it is on the list: who commands next waits for that
                try:
                    connection, _ = self._tm.accept()
                except OSError:
                    return
                self._listeners.append(connection)
                self._changed.notify_all()

    def _accept_tc(self) -> None:
        while True:
            try:
                connection, _ = self._tc.accept()
            except OSError:
                return
            with self._lock:
                self._commanders.append(connection)
            thread = threading.Thread(target=self._listen, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _listen(self, connection: socket.socket) -> None:
        decoder = cltu.Decoder()
        with connection:
            while True:
                try:
                    data = connection.recv(4096)
                except OSError:
                    return
                if not data:
                    return
                for candidate in decoder.feed(data):
                    self._command(candidate)

    def _command(self, candidate: bytes) -> None:
        verdict, frame = tc_frame.parse(candidate)
        assert verdict == 0, tc_frame.TEXTS[verdict]
        assert frame is not None
        octets = bytes(frame["data"])
        verdict, fields = space_packet.parse_tc(octets)
        assert verdict == 0, space_packet.TEXTS[verdict]
        fields["frame"] = frame
        while is_knocked_at(self._tm, 0):  # who listened before it commanded hears the answer
            time.sleep(0.001)
        with self._changed:
            self.commands.append((fields, octets))
            self._changed.notify_all()
        if self.on_command is not None:
            self.on_command(self, fields, octets)


def verify_all(spacecraft: FakeSpacecraft, fields: dict, octets: bytes) -> None:
    """Accepts, starts and completes whatever comes; a ping is answered."""
    request, apid = octets[:4], fields["apid"]
    vehicle = fields["frame"]["spacecraft_id"]
    for subtype in (1, 3):
        spacecraft.emit(apid, 1, subtype, request, vehicle)
    if fields["service"] == 17:
        spacecraft.emit(apid, 17, 2, b"", vehicle)
    spacecraft.emit(apid, 1, 7, request, vehicle)
