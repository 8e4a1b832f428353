"""What all real back ends have in common: two threads and a pump. One blocks on the device, the other on the ring towards it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Thread
from typing import ClassVar

from hal.backends.pump import Pump
from hal.core.bus import Bus
from hal.core.slot import SlotCode

Unit = tuple[int, bytes]  # identifier, octets


class BackEndError(OSError):
    """A back end that cannot be opened, with the reason in a sentence."""


class BackEnd(ABC):
    """The far side of one bus. `slot` must run every tick. `failure` is why it stopped by itself, or empty: the bus is silent then."""

    bus_kinds: ClassVar[tuple[str, ...]]

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.pump = Pump(bus)
        self.failure = ""
        self.sent = 0
        self.received = 0
        self.received_octets = 0
        self._closing = False
        self._threads = [Thread(target=work, name=f"{bus.name} {work.__name__}", daemon=True) for work in (self._receive, self._send)]

    @property
    def slot(self) -> SlotCode:
        return self.pump.slot

    def start(self) -> None:
        """Begin to move units."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop both threads and give the device back."""
        self._closing = True
        self.pump.stop()
        self.shut()
        for thread in self._threads:
            thread.join()

    @abstractmethod
    def receive(self) -> list[Unit]:
        """Block until something came. An empty list: nothing this time. Raises OSError or EOFError when nothing will come any more."""

    @abstractmethod
    def send(self, unit: Unit) -> None:
        """Hand one unit to the device. Raises OSError."""

    @abstractmethod
    def shut(self) -> None:
        """Make a blocked `receive` return or raise, and release the device."""

    def _receive(self) -> None:
        try:
            while not self._closing:
                for identifier, octets in self.receive():
                    self.bus.push(octets, self.pump.tick, identifier, to_flight=True)
                    self.received += 1
                    self.received_octets += len(octets)
        except (OSError, EOFError) as error:
            self._fail(error)

    def _send(self) -> None:
        try:
            while self.pump.wait():
                while (unit := self.bus.pop(to_flight=False)) is not None:
                    self.send((unit[1], unit[2]))
                    self.sent += 1
        except OSError as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._closing:
            self.failure = self.failure or f"bus {self.bus.name}: {error or type(error).__name__}"
