"""Storage: files in the flash, with littlefs. Mounted for each operation, so that no handle stays open across a tick."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hal.flash import BLOCK_OCTETS, FlashMemory

if TYPE_CHECKING:
    from littlefs import LittleFS

PROGRAM_OCTETS = 256


class _Device:
    """The four operations that littlefs asks of a block device."""

    def __init__(self, flash: FlashMemory) -> None:
        self.flash = flash

    def read(self, _config: Any, block: int, offset: int, size: int) -> bytes:
        return self.flash.read(block, offset, size)

    def prog(self, _config: Any, block: int, offset: int, data: bytes) -> int:
        return _status(lambda: self.flash.program(block, offset, bytes(data)))

    def erase(self, _config: Any, block: int) -> int:
        return _status(lambda: self.flash.erase(block))

    def sync(self, _config: Any) -> int:
        return _status(self.flash.sync)


def _status(operation: Callable[[], None]) -> int:
    """0, or what littlefs calls an input/output error: a medium that fails must not raise through C."""
    try:
        operation()
    except OSError:
        return -errno.EIO
    return 0


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the file system's own errors, whose codes are negative errnos, into OSError."""
    from littlefs import LittleFSError

    try:
        yield
    except FileNotFoundError as error:  # raised by the binding itself, without its number
        raise OSError(errno.ENOENT, str(error)) from error
    except LittleFSError as error:
        raise OSError(-error.code, str(error)) from error


def _fill(file: Any, octets: bytes) -> None:
    """Write and close. The binding forgets to mark a file as closed when closing fails, and closing it twice would abort the process."""
    try:
        file.write(octets)
    finally:
        try:
            file.close()
        finally:
            setattr(file, "__IOBase_closed", True)


class Storage:
    """A file system on a flash. Raises OSError (with an errno) for whatever the file system refuses."""

    def __init__(self, flash: FlashMemory) -> None:
        self.flash = flash

    def _file_system(self, mount: bool = True) -> LittleFS:
        from littlefs import LittleFS  # only who stores pays for the import

        return LittleFS(
            context=_Device(self.flash),
            mount=mount,
            block_size=BLOCK_OCTETS,
            block_count=self.flash.blocks,
            read_size=PROGRAM_OCTETS,
            prog_size=PROGRAM_OCTETS,
            cache_size=PROGRAM_OCTETS,
            lookahead_size=64,
            block_cycles=-1,
        )

    def format(self) -> None:
        """Make an empty file system."""
        with _errors():
            self._file_system(mount=False).format()

    def is_formatted(self) -> bool:
        """Whether a file system is there."""
        return self.flash.block(0) != b"\xff" * BLOCK_OCTETS or self.flash.block(1) != b"\xff" * BLOCK_OCTETS

    def write(self, path: str, octets: bytes) -> None:
        """Store a whole file, replacing one of that name; when this returns it survives a loss of power."""
        directory = path.rpartition("/")[0]
        with _errors():
            system = self._file_system()
            if directory:
                system.makedirs(directory, exist_ok=True)
            # Under another name first: a file of this name is either the old or the new one, whenever power fails.
            _fill(system.open(path + ".new", "wb", buffering=0), octets)
            system.rename(path + ".new", path)
            system.unmount()
        self.flash.sync()

    def read(self, path: str) -> bytes:
        """A whole file."""
        with _errors():
            system = self._file_system()
            with system.open(path, "rb") as file:
                octets = file.read()
            system.unmount()
        return bytes(octets)

    def names(self, directory: str) -> list[str]:
        """The names in a directory; empty when there is none of that name."""
        try:
            with _errors():
                system = self._file_system()
                found = system.listdir(directory)
                system.unmount()
        except FileNotFoundError:
            return []
        return sorted(name for name in found if not name.endswith(".new"))
