"""The bench door: JSON-RPC 2.0, one JSON text a line over TCP, for test benches and campaigns.

This module is the line and the protocol. What a method does is `flight.conductor`'s business: `submit` hands the request over, waits, and
returns its result or raises `BenchError`. A client's requests are answered in their order; different clients do not wait for one
another's lines.
"""

from __future__ import annotations

import json
import logging
import math
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, BinaryIO

from flight.doors.turns import join_turns

Submit = Callable[[str, "list[Any] | dict[str, Any]"], Any]

MAX_LINE = 16 * 1024 * 1024  # octets; a larger snapshot goes by `save` and `load`
CLIENTS = 16
GRACE_S = 2.0  # for a last reply to leave

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REFUSED = -32000  # the spacecraft or its world cannot do this; `data.reason` says why
BUSY = -32001  # time is already being driven by another request
ENDING = -32002  # the emulator is shutting down

log = logging.getLogger("farside.bench")


class BenchError(Exception):
    """A request that cannot be answered with a result: JSON-RPC code, message, and data that name the reason."""

    def __init__(self, code: int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def plain(value: Any) -> Any:
    """Something JSON can say: arrays become lists, numbers that are none become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def _error(identity: Any, code: int, message: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": message, "data": data or {}}}


class BenchDoor:
    """Listens from `start` to `stop`. `address` names the real port after `start`; `max_line` is in octets, without the line's end."""

    def __init__(self, address: tuple[str, int], submit: Submit, max_line: int = MAX_LINE) -> None:
        self.address = address
        self.max_line = max_line
        self.counters: Counter[str] = Counter()
        self._submit = submit
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopping = False

    def start(self) -> None:
        """Raises OSError when the port cannot be had."""
        host, port = self.address
        self._listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.address = (host, self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="bench-accept", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect everyone; replies that were given have been sent."""
        self._stopping = True
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address[0], self.address[0])
        socket.create_connection((host, self.address[1])).close()
        self._thread.join()
        self._listener.close()
        with self._lock:
            threads = list(self._clients.values())
            for client in self._clients:
                try:
                    client.shutdown(socket.SHUT_RD)
                except OSError:
                    log.debug("a bench client was gone already")
        for thread in threads:
            join_turns(thread, GRACE_S)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                client, _ = self._listener.accept()
            except OSError as error:
                self.count("accept_failed")
                log.warning("a bench client was not accepted: %s", error)
                continue
            with self._lock:
                refused = self._stopping or len(self._clients) >= CLIENTS
                if not refused:
                    thread = threading.Thread(target=self._serve, args=(client,), name="bench-client", daemon=True)
                    self._clients[client] = thread
            if refused:
                self.count("refused")
                client.close()
                continue
            self.count("clients")
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client.makefile("rb") as lines:
                self._answer_lines(client, lines)
        except OSError as error:
            self.count("broken")
            log.debug("a bench client broke off: %s", error)
        finally:
            with self._lock:
                self._clients.pop(client, None)
                client.close()

    def _answer_lines(self, client: socket.socket, lines: BinaryIO) -> None:
        while line := lines.readline(self.max_line + 1):
            if not line.endswith(b"\n"):
                if len(line) <= self.max_line:
                    self.count("truncated")  # the client ended within a line: half a request is none
                    return
                self.count("oversized")
                while line and not line.endswith(b"\n"):
                    line = lines.readline(self.max_line)
                answer: Any = _error(None, INVALID_REQUEST, f"a line may have {self.max_line} octets")
            elif not line.strip():
                continue
            else:
                answer = self._answer(line)
            if answer is not None:
                client.sendall(json.dumps(plain(answer), allow_nan=False, separators=(",", ":")).encode() + b"\n")

    def _answer(self, line: bytes) -> Any:
        """The reply to one line: an object, a list for a batch, or None when nothing asked for one."""
        try:
            request = json.loads(line)
        except (ValueError, RecursionError) as error:
            self.count("not_json")
            return _error(None, PARSE_ERROR, "this line is not JSON", {"reason": str(error)[:200]})
        if not isinstance(request, list):
            return self._answer_one(request)
        if not request:
            self.count("invalid")
            return _error(None, INVALID_REQUEST, "an empty batch")
        return [answer for each in request if (answer := self._answer_one(each)) is not None] or None

    def _answer_one(self, request: Any) -> dict[str, Any] | None:
        if reason := _fault_of(request):
            self.count("invalid")
            return _error(None, INVALID_REQUEST, reason)
        identity = request.get("id")
        self.count("requests")
        try:
            result = self._submit(request["method"], request.get("params", []))
        except BenchError as error:
            self.count("errors")
            answer = _error(identity, error.code, error.message, error.data)
        else:
            answer = {"jsonrpc": "2.0", "id": identity, "result": result}
        return answer if "id" in request else None

    def count(self, reason: str) -> None:
        with self._lock:
            self.counters[reason] += 1


def _fault_of(request: Any) -> str | None:
    """Why this JSON value is no JSON-RPC request."""
    if not isinstance(request, dict):
        return "a request is a JSON object"
    if request.get("jsonrpc") != "2.0":
        return 'a request says "jsonrpc": "2.0"'
    if not isinstance(request.get("method"), str):
        return "a request names its method"
    if not isinstance(request.get("params", []), (list, dict)):
        return "parameters are a list or an object"
    if not isinstance(request.get("id"), (str, int, float, type(None))):
        return "an identifier is a string, a number or null"
    return None
