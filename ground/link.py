"""The telemetry link: a thread that connects, decodes, archives, and only then hands packets over; and connects again when it breaks."""

import socket
import threading
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from ground.archive import Archive
from ground.branch import Timeline
from ground.clock import SECOND_NS, GroundClock
from ground.endpoint import Endpoint
from ground.errors import GroundError, NoLinkError
from ground.frames import FrameReceiver, LinkCounters
from ground.keys import DownlinkSecurity
from ground.line_clock import Lines
from ground.packet import Packet, packet_from_octets
from ground.reference_frames import TimeReport
from wire.fsr import FrameSecurityReport

CONNECT_S = 5.0  # of wall time: a network is no quicker for a fast clock
FIRST_S = 60.0  # of wall time: for a first attempt that hangs in looking for the host
RETRY_S = 0.5
ANNOUNCE_S = 2.0  # a listener of datagrams makes itself known so often
_CHUNK = 1 << 20  # octets of one read at most, and so of one transaction: 800 frames when the ground lags behind

PacketsHandler = Callable[[Sequence[Packet]], None]


class Link:
    """Telemetry of one spacecraft endpoint, over TCP (a stream of CADUs) or UDP (one in each datagram).

    `on_packets` is called from the link's thread, after the packets are safe on the disk. Over UDP the ground announces itself with an
    empty datagram to the spacecraft's port, again and again, and frames come back to where that came from. `on_octets` is given all that
    comes, before anything is made of it; what it is given is valid during the call.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        archive: Archive,
        clock: GroundClock,
        spacecraft_ids: AbstractSet[int],
        on_packets: PacketsHandler,
        on_state: Callable[[bool], None] = lambda connected: None,
        on_clcw: Callable[[int, int], None] = lambda spacecraft_id, word: None,
        security: Callable[[], DownlinkSecurity] | None = None,
        tm_format: str = "cadu",
        lines: Callable[[], Lines | None] = lambda: None,
        on_time: Callable[[TimeReport], None] = lambda report: None,
        on_octets: Callable[[memoryview], object] = lambda octets: None,
    ) -> None:
        self.endpoint = endpoint
        self.timeline = Timeline(archive, str(endpoint), clock)
        self.failure: GroundError | OSError | None = None
        self._refused: OSError | None = None
        self.connections = 0
        self.heard_ns: dict[int, int] = {}  # when the last sound frame of each spacecraft identifier came, ground time
        self._archive = archive
        self._clock = clock
        self._spacecraft_ids = spacecraft_ids
        self._on_packets = on_packets
        self._on_state = on_state
        self._on_clcw = on_clcw
        self._security = security
        self._tm_format = tm_format
        self._lines = lines
        self._on_time = on_time
        self._on_octets = on_octets
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._connected = False
        self._socket: socket.socket | None = None
        self._buffer = memoryview(bytearray(_CHUNK))
        self._receiver: FrameReceiver | None = None
        self._announced_ns: int | None = None
        self._before = LinkCounters()
        self._thread = threading.Thread(target=self._run, name="telemetry link", daemon=True)

    @property
    def connected(self) -> bool:
        """Over UDP: a frame has come."""
        return self._connected

    @property
    def clcw(self) -> dict[int, int]:
        """The latest CLCW of each spacecraft identifier."""
        receiver = self._receiver
        return dict(receiver.words.clcw) if receiver is not None else {}

    @property
    def security(self) -> dict[int, FrameSecurityReport]:
        """The latest frame security report of each spacecraft identifier; none without keys."""
        receiver = self._receiver
        return dict(receiver.words.security) if receiver is not None else {}

    def counters(self) -> LinkCounters:
        """Counts over all connections so far."""
        total = LinkCounters()
        with self._changed:
            receiver, before = self._receiver, self._before
            total.link.update(before.link)
            total.foreign_frames = before.foreign_frames
            total.control_words = dict(before.control_words)
            total.refused = dict(before.refused)
            total.channels = {key: dict(counts) for key, counts in before.channels.items()}
            if receiver is not None:
                receiver.add_to(total)
        return total

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the connection and the thread."""
        self._stop.set()
        with self._changed:
            if self._socket is not None:
                _shut(self._socket)
            self._changed.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def wait_connected(self, timeout_s: float, retrying: bool = True) -> None:
        """Return once connected. Raises NoLinkError when nobody answers in that wall time, or why the link gave up.

        The first attempt is waited for even if it takes longer (as finding out that there is no such host may). Without `retrying`
        its refusal ends the wait.
        """

        def ended() -> bool:
            return self._connected or self.failure is not None or (not retrying and self._refused is not None)

        def tried() -> bool:
            return self._refused is not None or (self.endpoint.udp and self._socket is not None)

        with self._changed:
            self._changed.wait_for(ended, timeout_s)
            self._changed.wait_for(lambda: ended() or tried(), FIRST_S)
        if self.failure is not None:
            raise self.failure
        if not self._connected:
            raise no_listener("telemetry", self.endpoint, self._refused)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.timeline.before_connecting()
                connection = self._connect()
                if connection is not None:
                    with connection:
                        self._receive(connection)
                    self._set_connected(False)
                if self._clock.pause(self._stop, RETRY_S):
                    break
        except (
            GroundError,
            OSError,
        ) as error:  # the archive, or what a listener writes to, takes no more: showing more would break the promise
            self._fail(error)
        except BaseException as error:
            self._fail(GroundError(f"the link has ended: {error!r}"))
            raise
        finally:
            self._set_connected(False)

    def _fail(self, error: GroundError | OSError) -> None:
        with self._changed:
            self.failure = error

    def _connect(self) -> socket.socket | None:
        security = None if self._security is None else self._security()  # first: what others of this station hear meanwhile is no replay
        try:
            if self.endpoint.udp:
                family = socket.AF_INET6 if ":" in self.endpoint.host else socket.AF_INET
                connection = socket.socket(family, socket.SOCK_DGRAM)
                connection.connect(self.endpoint.address)
            else:
                connection = socket.create_connection(self.endpoint.address, timeout=CONNECT_S)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(None)
        except OSError as error:
            with self._changed:
                self._refused = error
                self._changed.notify_all()
            return None
        with self._changed:
            self._socket = connection
            self._receiver = FrameReceiver(self._spacecraft_ids, security, self._tm_format, self.endpoint.udp, self._lines())
            self._announced_ns = None
        self.connections += 1
        if not self.endpoint.udp:
            self._set_connected(True)
        return connection

    def _receive(self, connection: socket.socket) -> None:
        """Until the far end closes or somebody stops us."""
        receiver = self._receiver
        if receiver is None:
            return
        if self.endpoint.udp:
            connection.settimeout(self._clock.io_timeout_s(ANNOUNCE_S))
        try:
            while not self._stop.is_set():
                try:
                    data = self._read(connection)
                except OSError:
                    return
                if data is None:
                    return
                if data:
                    self._take(receiver, data)
        finally:
            with self._changed:
                receiver.add_to(self._before)
                receiver.close()
                self._receiver = None
                self._socket = None

    def _read(self, connection: socket.socket) -> memoryview | None:
        """Octets, valid until the next read; none when nothing came before the next announcement is due; None at the end of the stream."""
        if not self.endpoint.udp:
            return self._buffer[: connection.recv_into(self._buffer)] or None
        now_ns = self._clock.now_ns()
        try:
            if self._announced_ns is None or now_ns - self._announced_ns >= int(ANNOUNCE_S * SECOND_NS):
                connection.send(b"")
                self._announced_ns = now_ns
            return self._buffer[: connection.recv_into(self._buffer)]
        except TimeoutError:
            return self._buffer[:0]
        except ConnectionRefusedError:
            self._set_connected(False)
            return None

    def _take(self, receiver: FrameReceiver, data: memoryview) -> None:
        received_ns = self._clock.now_ns()
        self._on_octets(data)
        with self._changed:
            units = receiver.feed(data, received_ns)
            self.heard_ns.update(dict.fromkeys(receiver.heard, received_ns))
            receiver.heard.clear()
        if self.endpoint.udp and not self._connected:
            self._set_connected(True)
        for spacecraft_id, word in receiver.words.fresh():
            self._on_clcw(spacecraft_id, word)
        if not units:
            return
        packets = [packet_from_octets(octets, spacecraft, channel, received_ns) for spacecraft, channel, octets in units]
        self.timeline.place(packets)
        self._archive.append(packets)
        self._on_packets(packets)
        for report in receiver.references.take():
            self._on_time(report)

    def _set_connected(self, connected: bool) -> None:
        with self._changed:
            if self._connected == connected:
                self._changed.notify_all()
                return
            self._connected = connected
            self._changed.notify_all()
        if not self._stop.is_set():
            self._on_state(connected)


def no_listener(what: str, endpoint: Endpoint, error: OSError | None = None) -> NoLinkError:
    """The error that nobody is there, with the way out; `error` is what the connection failed with."""
    if isinstance(error, socket.gaierror):
        return NoLinkError(
            f"there is no host {endpoint.host!r} ({what} port)", "give HOST:PORT; an emulator listens on 127.0.0.1 unless told otherwise"
        )
    return NoLinkError(f"nobody listens on {what} port {endpoint.port} of {endpoint.host}", "start a spacecraft with: farside emulator")


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()
