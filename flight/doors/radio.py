"""The radio door: telecommand in, telemetry out, as a ground station's modem would pass them.

One TCP port takes CLTUs and one gives CADUs, for all vehicles: a frame's spacecraft identifier routes it. The same ports answer
datagrams: on the telecommand port one datagram is one CLTU; on the telemetry port any datagram subscribes its sender for 60 s to one CADU
a datagram.

Python accepts and counts clients here; every octet is moved by `flight.doors.pumps`, without the interpreter's lock.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import logging
import select
import selectors
import socket
import termios
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flight.clock import now_ns, prepare_thread
from flight.doors.inbox import SOURCE_UDP, Inbox
from flight.doors.outlet import Outlet, OutletReader
from flight.doors.pumps import MAX_DATAGRAM, Pumps
from flight.doors.turns import join_turns, wait_turns

Address = tuple[str, int]

CLIENTS = 16  # at once on each port; more are refused, and counted
BACKLOG = 16  # connections that wait to be accepted
SEND_BUFFER = 262144  # octets: more would only age there
PLACE_S = 1.0  # for a client to go and give its number back, before another is refused
GONE_TURNS = 30  # of that length, while one has gone and only has to give its number back
SETTLED_S = 10.0  # a telecommand client of this age may have to make way
GRACE_S = 1.0  # for clients to take what was sent before they are dropped
PUMP_PRIORITY = 40  # of SCHED_FIFO, below the loop's
SETTLE_S = 2.0

log = logging.getLogger("farside.radio")


def listen(address: Address) -> tuple[socket.socket, socket.socket]:
    """A stream listener and a datagram socket on the same port. Port 0: one that is free for both. Raises OSError."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in range(16):
        stream = socket.create_server((host, port), family=family, backlog=BACKLOG)
        datagram = socket.socket(family, socket.SOCK_DGRAM)
        try:
            datagram.bind((host, stream.getsockname()[1]))
        except OSError:
            stream.close()
            datagram.close()
            if port or attempt == 15:
                raise
        else:
            return stream, datagram
    raise OSError(f"no port of {host} is free for streams and datagrams")


@dataclass(eq=False)
class Client:
    """One connection, and the threads that serve it."""

    socket: socket.socket
    number: int
    reader: OutletReader | None = None
    threads: list[threading.Thread] = field(default_factory=list)
    half_closed: bool = False  # it will send nothing more; it may still listen, or be gone
    since_ns: int = field(default_factory=now_ns)
    moved_before: int = 0  # octets of its number when it came


class RadioDoor:
    """Listens from `start` to `stop`. `tc` and `tm` are (host, port); after `start` they name the real ports.

    `punctual`, for real time: the threads that move a client's octets run before everything but the loop, where that is permitted.
    They never take the interpreter's lock, so a busy Python thread beside them costs nothing. `bare_frames`: telemetry leaves uncoded.
    """

    def __init__(self, inbox: Inbox, outlet: Outlet, tc: Address, tm: Address, punctual: bool = False, bare_frames: bool = False) -> None:
        self.punctual = punctual
        self.tc, self.tm = tc, tm
        self.pumps = Pumps(inbox, outlet, bare_frames)
        self.inbox, self.outlet = inbox, outlet
        self.accepted = {"telecommand": 0, "telemetry": 0}
        self.refused = {"telecommand": 0, "telemetry": 0}
        self.made_way = 0  # telecommand clients disconnected, for others waited
        self._uplinks: dict[int, Client] = {}
        self._downlinks: dict[int, Client] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._stopping = False
        self.before_drop: Callable[[], None] = lambda: None  # waits until all that was sent is in the outlet
        self._round = threading.Condition(self._lock)
        self._freed = threading.Condition(self._lock)
        self._rounds = [0, 0]  # asked for, done: passes of the acceptor over its listeners

    def start(self) -> None:
        """Open both ports. Raises OSError when one cannot be had."""
        self._tc_stream, self._tc_datagram = listen(self.tc)
        self._sockets += [self._tc_stream, self._tc_datagram]
        try:
            self._tm_stream, self._tm_datagram = listen(self.tm)
        except OSError:
            self._close_sockets()
            raise
        self._sockets += [self._tm_stream, self._tm_datagram]
        self._waker, woken = socket.socketpair()
        self._sockets += [self._waker, woken]
        self.pumps.admit_at(self._tm_stream.fileno())
        self.tc = (self.tc[0], self._tc_stream.getsockname()[1])
        self.tm = (self.tm[0], self._tm_stream.getsockname()[1])
        self._spawn("radio-accept", lambda: self._accept(woken))
        self._spawn("radio-tc-datagrams", lambda: self.pumps.uplink_datagrams(self._tc_datagram.fileno()))
        self._spawn("radio-tm-subscriptions", lambda: self.pumps.subscriptions(self._tm_datagram.fileno()))
        self._spawn("radio-tm-datagrams", lambda: self.pumps.downlink_datagrams(self._tm_datagram.fileno()))

    def _spawn(self, name: str, life: Callable[[], None]) -> None:
        thread = threading.Thread(target=life, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    def _accept(self, woken: socket.socket) -> None:
        """Take clients in, until `stop`. A pass empties both backlogs, so that `settle` can tell that whoever connected before is in."""
        with selectors.DefaultSelector() as waiting:
            for listener in (self._tc_stream, self._tm_stream):
                listener.setblocking(False)
                waiting.register(listener, selectors.EVENT_READ)
            waiting.register(woken, selectors.EVENT_READ)
            while not self._stopping:
                waiting.select()
                with self._lock:
                    asked = self._rounds[0]
                woken.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    woken.recv(64)
                self.pumps.admitting(True)
                self._empty_backlog(self._tm_stream, self._take_downlink)
                self.pumps.admitting(False)
                self._empty_backlog(self._tc_stream, self._take_uplink)
                with self._round:
                    self._rounds[1] = asked
                    self._round.notify_all()

    def _empty_backlog(self, listener: socket.socket, take: Callable[[socket.socket], None]) -> None:
        for _ in range(BACKLOG + 1):  # whoever was there when the pass began, though others keep coming
            if self._stopping:
                return
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # the client is gone already, or we are out of descriptors: the others go on
                log.warning("a client was not accepted: %s", error)
                return
            connection.setblocking(True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            take(connection)

    def _place(self, clients: dict[int, Client], door: str, connection: socket.socket) -> Client | None:
        """A free number for a connection. When all are taken it is refused, and half-closed listeners go. The caller holds the lock.

        Clients that have gone give their numbers back only when their threads get the interpreter, which on a busy machine takes a
        while: whoever sends one command a connection, many in a row, must not lose one for that.
        """
        if clients is self._downlinks and len(clients) == CLIENTS:
            self.pumps.crowd()
        for _ in range(GONE_TURNS):
            if wait_turns(self._freed, lambda: len(clients) < CLIENTS or self._stopping, PLACE_S):
                break
            if clients is self._downlinks or not any(self.pumps.has_ended(number) for number in clients):
                break
        free = next((number for number in range(CLIENTS) if number not in clients), None)
        if free is not None:
            self.accepted[door] += 1
            clients[free] = client = Client(connection, free)
            return client
        self.refused[door] += 1
        for client in clients.values():
            if client.half_closed and client.reader is not None:
                client.reader.end()
        if clients is self._uplinks:
            self._make_way()
        connection.close()
        return None

    def _make_way(self) -> None:
        """All telecommand places are taken: of those who have had the time, the one that sent least gives its place to whoever tries again.

        A commander that was only silent connects again when it commands; 16 that trickle must not keep everybody out for good.
        """
        settled = [client for client in self._uplinks.values() if now_ns() - client.since_ns >= SETTLED_S * 1e9]
        if settled:
            shut(min(settled, key=lambda client: self.pumps.moved(client.number) - client.moved_before).socket)
            self.made_way += 1

    def _start(self, client: Client, name: str, *lives: Callable[[Client], None]) -> None:
        """Let threads serve a client. The caller holds the lock: nobody sees a client whose threads have not begun."""
        for life in lives:
            client.threads.append(threading.Thread(target=life, args=(client,), name=f"{name}-{client.number}", daemon=True))
        for thread in client.threads:
            thread.start()

    def _take_uplink(self, connection: socket.socket) -> None:
        with self._lock:
            client = self._place(self._uplinks, "telecommand", connection)
            if client is not None:
                client.moved_before = self.pumps.moved(client.number)
                self.pumps.expect(client.number)
                self._start(client, "radio-tc", self._serve_uplink)

    def _hurry(self) -> None:
        if self.punctual:
            prepare_thread(PUMP_PRIORITY)

    def _serve_uplink(self, client: Client) -> None:
        self._hurry()
        self.pumps.uplink(client.socket.fileno(), client.number)
        with self._lock:
            client.socket.close()
            del self._uplinks[client.number]
            self._freed.notify_all()

    def _take_downlink(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        with self._lock:
            client = self._place(self._downlinks, "telemetry", connection)
            if client is not None:
                client.reader = self.outlet.reader()
                self._start(client, "radio-tm", self._ignore, self._serve_downlink)

    def _ignore(self, client: Client) -> None:
        self.pumps.ignored(client.socket.fileno())
        client.half_closed = True

    def _serve_downlink(self, client: Client) -> None:
        assert client.reader is not None
        self._hurry()
        self.pumps.downlink(client.socket.fileno(), client.reader)
        with self._lock:  # its place may be another's as soon as it is closed: nobody may end it then
            client.reader.close()
        shut(client.socket)
        client.threads[0].join()
        with self._lock:
            client.socket.close()
            del self._downlinks[client.number]
            self._freed.notify_all()

    def settle(self) -> None:
        """Wait until all that came to the ports before this call is in: clients accepted, octets in the inbox (as far as it has room).

        In lockstep the conductor calls this before it lets time pass, so that what a bench sent first is also taken first.
        """
        with self._round:
            self._rounds[0] += 1
            asked = self._rounds[0]
            self._waker.send(b"\0")
            wait_turns(self._round, lambda: self._rounds[1] >= asked or self._stopping, SETTLE_S)
        open_goals = self._goals()
        for _ in range(round(SETTLE_S / 0.0002)):
            if self.inbox.is_full:
                return
            open_goals = [goal for goal in open_goals if not self._is_reached(*goal)]
            if not open_goals:
                return
            time.sleep(0.0002)
        log.warning("telecommand octets are still on their way after %g s", SETTLE_S)

    def _goals(self) -> list[tuple[socket.socket, int, int]]:
        """Socket, source, and how many octets have moved when all that is there now has, whatever else comes after it."""
        with self._lock:
            sources = [(each.socket, each.number, waiting_octets(each.socket) + MAX_DATAGRAM) for each in self._uplinks.values()]
        # How much lies behind the next datagram cannot be asked; no more than the buffer holds.
        sources.append((self._tc_datagram, SOURCE_UDP, self._tc_datagram.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)))
        return [(each, number, octets + self.pumps.moved(number)) for each, number, octets in sources]

    def _is_reached(self, each: socket.socket, number: int, goal: int) -> bool:
        """Nothing is under way, or so much has moved since that what was there before must be among it."""
        waiting = has_datagram(each) if number == SOURCE_UDP else waiting_octets(each) > 0
        return (not waiting and self.pumps.is_settled(number)) or self.pumps.moved(number) >= goal

    def drop_clients(self) -> None:
        """Time has jumped. Telemetry clients get what was sent before, then all are disconnected and the inbox is empty."""
        self.before_drop()
        with self._lock:
            uplinks, downlinks = list(self._uplinks.values()), list(self._downlinks.values())
            for client in downlinks:
                if client.reader is not None:
                    client.reader.end(drain=True)
            for client in uplinks:
                shut(client.socket)
        self.pumps.unsubscribe_all()
        self._end(downlinks)
        self.inbox.flush()
        self._end(uplinks)
        self.inbox.flush()
        with self._lock:
            for number in self._uplinks:  # whoever came meanwhile: its beginning has just been forgotten
                self.inbox.put(number, b"", wait=False)

    def _end(self, clients: list[Client]) -> None:
        """Wait for the threads of some clients; cut off whoever does not take what is left."""
        threads = [client.threads[-1] for client in clients]
        for thread in threads:
            join_turns(thread, GRACE_S)
        with self._lock:
            for client in clients:
                if client.reader is not None:
                    client.reader.end()
                shut(client.socket)
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Give telemetry clients what was sent, then close everything."""
        self._stopping = True
        self._waker.send(b"\0")
        self._threads[0].join()
        self.pumps.admit_at(-1)
        self.inbox.close()
        self.drop_clients()
        self.pumps.stop()
        for waiting, address in ((self._tc_datagram, self.tc), (self._tm_datagram, self.tm)):
            wake_datagrams(waiting, address)
        for thread in self._threads:
            join_turns(thread, GRACE_S)
        self._close_sockets()

    @property
    def counters(self) -> dict[str, dict[str, int]]:
        """By port and reason."""
        pumps = self.pumps.counters
        with self._lock:
            clients = {"telecommand": len(self._uplinks), "telemetry": len(self._downlinks)}
        uplink = ("octets", "datagrams", "oversized", "empty", "no_room")
        found = {port: {"clients": clients[port], "accepted": self.accepted[port], "refused": self.refused[port]} for port in clients}
        for name, value in pumps.items():
            found["telecommand" if name in uplink else "telemetry"][name] = value
        found["telecommand"]["made_way"] = self.made_way
        found["telecommand"]["waiting"] = self.inbox.pending
        found["telemetry"]["lost"] = self.outlet.counters["lost"]
        found["telemetry"]["loop_waits"] = self.outlet.counters["waits"]
        return found


def shut(connection: socket.socket) -> None:
    """End both directions; the pump that sleeps in it wakes."""
    with contextlib.suppress(OSError):  # the peer was first
        connection.shutdown(socket.SHUT_RDWR)


def waiting_octets(each: socket.socket) -> int:
    """Octets that the system holds for a stream; 0 for one that is closed."""
    found = array.array("i", [0])
    try:
        fcntl.ioctl(each.fileno(), termios.FIONREAD, found)
    except (OSError, ValueError):
        return 0
    return found[0]


def has_datagram(each: socket.socket) -> bool:
    """Whether the system holds a datagram for a socket; it may be empty."""
    asked = select.poll()
    asked.register(each, select.POLLIN)
    return bool(asked.poll(0))


def wake_datagrams(waiting: socket.socket, address: Address) -> None:
    """A datagram to oneself: the portable way to wake a thread that sleeps in `recvfrom`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0])
    with socket.socket(waiting.family, socket.SOCK_DGRAM) as own:
        own.sendto(b"", (host, address[1]))
