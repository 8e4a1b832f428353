"""The telecommand door: CLTUs or bare frames out, over TCP or UDP; sealed, where there are keys."""

import socket
import threading

from ground.endpoint import Endpoint
from ground.errors import NoLinkError
from ground.keys import UplinkSecurity
from ground.link import no_listener
from ground.segments import MOST_OCTETS, Segment, segments_of
from wire import cltu
from wire.dictionary.mission import TC_CHANNEL
from wire.frame_shapes import build_tc_frame

CONNECT_S = 5.0  # of wall time


class Uplink:
    """A connection made when first needed and kept; made anew when the spacecraft has closed it. Any thread may send."""

    def __init__(self, endpoint: Endpoint, security: UplinkSecurity | None = None, tc_format: str = "cltu") -> None:
        self.endpoint = endpoint
        self.segment_octets = MOST_OCTETS  # of a packet in one frame, at most
        self._security = security
        self._bare = tc_format == "frame"
        self._turn = threading.Lock()
        self.cltus = 0
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect now, if not connected. Raises NoLinkError."""
        with self._lock:
            self._connected()

    def segments(self, spacecraft_id: int, packet: bytes) -> list[Segment]:
        """A packet in as few segments as the longest segment, the frame and its seal allow. Raises BadArgumentError: too long."""
        seal = 0
        if self._security is not None:
            frame = build_tc_frame(spacecraft_id, TC_CHANNEL, b"\0")
            seal = self._security.octets(frame) - len(frame)
        return segments_of(packet, min(self.segment_octets, MOST_OCTETS - seal))

    def cltu_octets(self, frame: bytes) -> int:
        """How long the CLTU of a TC frame in clear is: start 2, codeblocks of 7 octets in 8, tail 8."""
        return 10 + 8 * -(-(len(frame) if self._security is None else self._security.octets(frame)) // 7)

    def radiate(self, frame: bytes) -> None:
        """Send a TC frame that is in clear; with keys, sealed under a number of its own, and in the order of these numbers.

        Raises NoLinkError as `send`, and GroundError when there is no number to send it under; then nothing has gone up.
        """
        with self._turn:
            sealed = frame if self._security is None else self._security.seal(frame)
            self.send(sealed if self._bare else cltu.encode(sealed))

    def send(self, octets: bytes) -> None:
        """Hand one CLTU, or bare frame, to the door. Raises NoLinkError; then nothing, or only a part of it, has gone up."""
        with self._lock:
            connection = self._connected()
            try:
                connection.sendall(octets)
            except TimeoutError as error:
                self._drop()
                raise NoLinkError(
                    f"the telecommand port {self.endpoint} takes nothing more", "is the spacecraft paused or stuck?"
                ) from error
            except ConnectionRefusedError as error:  # over UDP, in answer to the datagram before
                self._drop()
                raise no_listener("telecommand", self.endpoint, error) from error
            except OSError as error:
                self._drop()
                raise NoLinkError(f"the telecommand port {self.endpoint} closed the connection", "send again") from error
            self.cltus += 1

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _connected(self) -> socket.socket:
        if self._socket is not None and not self.endpoint.udp and _closed_by_peer(self._socket):
            self._drop()
        if self._socket is None:
            self._socket = self._connect()
        return self._socket

    def _connect(self) -> socket.socket:
        try:
            if self.endpoint.udp:
                family = socket.AF_INET6 if ":" in self.endpoint.host else socket.AF_INET
                connection = socket.socket(family, socket.SOCK_DGRAM)
                connection.connect(self.endpoint.address)
            else:
                connection = socket.create_connection(self.endpoint.address, timeout=CONNECT_S)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise no_listener("telecommand", self.endpoint, error) from error
        return connection

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _closed_by_peer(connection: socket.socket) -> bool:
    """A telecommand door never sends; what can be read is its end. Without this look the first CLTU after a restart would vanish."""
    timeout = connection.gettimeout()
    connection.setblocking(False)  # MSG_DONTWAIT would not do: Python waits for a socket that has a time-out
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(timeout)
