"""Where a spacecraft's doors are: `HOST:PORT` for TCP, `udp://HOST:PORT` for datagrams."""

from dataclasses import dataclass

from ground.errors import BadArgumentError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_TM = "127.0.0.1:10015"
DEFAULT_TC = "127.0.0.1:10025"
DEFAULT_BENCH = "127.0.0.1:10035"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One door of the spacecraft."""

    host: str
    port: int
    udp: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'udp://' if self.udp else ''}{host}:{self.port}"

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port


def parse_endpoint(text: str) -> Endpoint:
    """`HOST:PORT`, `:PORT`, `PORT`, `[IPV6]:PORT`, each with `tcp://` or `udp://` in front if wanted. Raises BadArgumentError."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "tcp", scheme
    host, colon, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if scheme not in ("tcp", "udp") or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536 or (colon and "/" in host):
        raise BadArgumentError(f"{text!r} is not an address", "give HOST:PORT, or udp://HOST:PORT")
    return Endpoint(host or DEFAULT_HOST, int(port), scheme == "udp")
