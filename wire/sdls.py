"""Space Data Link Security (CCSDS 355.0-B-2): security header and trailer of TC and TM frames, authentication and encryption.

    TC   primary header 5 | segment header 1 | SPI 2 | IV or number | data | MAC 16 | FECF 2
    TM   primary header 6 | SPI 2 | IV or number | data | MAC 16 | control field 4, where flagged | FECF 2

Modes: authentication by AES-CMAC, with a sequence number; authenticated encryption by AES-GCM, whose 96-bit IV is the sequence number;
encryption alone, which the codec can read for known answers and which no key file may ask for. Ciphers are those of `cryptography`.

What of the primary header is authenticated is told by the mask (355.0-B-2, 4.2): `standard` has the virtual channel alone, `whole` every
bit. A TC segment header, the security header and the data always are. The operational control field and control frames (type C) stand
outside of SDLS. Functions raise `RefusedError`; nothing of a refused frame is handed on.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from construct import Bytes, Int16ub, Struct
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC

from wire import fsr
from wire.crc import checksum

TC_HEADER, TM_HEADER, FECF, OCF = 6, 6, 2, 4  # octets; of a TC data frame with its segment header
SPI_OCTETS, MAC_OCTETS, IV_OCTETS = 2, 16, 12


class Mode(StrEnum):
    AUTHENTICATION = "authentication"
    AUTHENTICATED_ENCRYPTION = "authenticated-encryption"
    ENCRYPTION = "encryption"


class Mask(StrEnum):
    """Which bits of the primary header the MAC covers; `nothing`, of known answers alone, leaves out the rest too."""

    STANDARD = "standard"
    WHOLE = "whole"
    NOTHING = "nothing"


class Refusal(IntEnum):
    """Why a frame was refused."""

    SHORT = 1
    ASSOCIATION = 2
    CHANNEL = 3
    MAC = 4
    REPLAYED = 5
    AHEAD = 6
    FORM = 7
    INTERNAL = 8


TEXTS = {
    Refusal.SHORT: "shorter than its security header and trailer",
    Refusal.ASSOCIATION: "no security association of this index is in operation: another key file, or a frame in clear",
    Refusal.CHANNEL: "the security association is another spacecraft's or another direction's",
    Refusal.MAC: "the message authentication code is wrong: forged, damaged, or another key",
    Refusal.REPLAYED: "its sequence number is not above the last accepted: a replay",
    Refusal.AHEAD: "its sequence number is ahead of the window",
    Refusal.FORM: "not a frame of this link",
    Refusal.INTERNAL: "the security unit failed, and lets nothing pass",
}


class RefusedError(ValueError):
    def __init__(self, reason: Refusal) -> None:
        super().__init__(TEXTS[reason])
        self.reason = reason


class ExhaustedError(ValueError):
    """A sender has used every sequence number: new keys are needed."""


class Direction(StrEnum):
    TC = "tc"
    TM = "tm"


@dataclass(frozen=True, slots=True)
class Association:
    """A security association without its key. `window`: how far a number may be ahead of the last one accepted."""

    spi: int
    direction: Direction
    spacecraft_id: int
    mode: Mode
    number_octets: int
    window: int
    mask: Mask = Mask.WHOLE

    @property
    def head_octets(self) -> int:
        return SPI_OCTETS + self.number_octets

    @property
    def tail_octets(self) -> int:
        return 0 if self.mode == Mode.ENCRYPTION else MAC_OCTETS

    @property
    def last_number(self) -> int:
        return (1 << 8 * self.number_octets) - 1


def security_header(association: Association) -> Struct:
    """The reference shape: index of the association, then IV or sequence number."""
    return Struct("spi" / Int16ub, "number" / Bytes(association.number_octets))


_STANDARD = {Direction.TC: bytes.fromhex("0000fc0000ff"), Direction.TM: bytes.fromhex("000e00000000")}


class Unit:
    """The cryptographic unit of one association: seals and opens the parts of a frame. The key cannot be read back."""

    def __init__(self, association: Association, key: bytes) -> None:
        if len(key) not in (16, 24, 32):
            raise ValueError(f"an AES key has 16, 24 or 32 octets, not {len(key)}")
        self.association = association
        self._gcm = AESGCM(key)
        self._cmac = CMAC(algorithms.AES(key))
        self._aes = algorithms.AES(key)

    def __repr__(self) -> str:
        return f"Unit({self.association})"

    def _covered(self, header: bytes, security: bytes, data: bytes) -> bytes:
        sa = self.association
        if sa.mask == Mask.NOTHING:
            return bytes(len(header) + len(security) + len(data))
        if sa.mask == Mask.STANDARD:
            header = bytes(a & b for a, b in zip(header, _STANDARD[sa.direction], strict=True))
        return header + security + data

    def _mac(self, header: bytes, security: bytes, data: bytes) -> bytes:
        cmac = self._cmac.copy()
        cmac.update(self._covered(header, security, data))
        return cmac.finalize()

    def _stream(self, iv: bytes, data: bytes) -> bytes:
        """The stream of GCM without its tag: counter 1 is the tag's, data begin at 2 (NIST SP 800-38D, 7.1)."""
        return Cipher(self._aes, modes.CTR(iv + b"\0\0\0\2")).encryptor().update(data)

    def seal(self, header: bytes, data: bytes, number: int) -> bytes:
        """Security header, data and trailer. `number` must never have been used before. Raises ExhaustedError past the last one."""
        sa = self.association
        if number > sa.last_number:
            raise ExhaustedError(f"association {sa.spi} has no sequence number left: make new keys")
        value = number.to_bytes(sa.number_octets, "big")
        security = sa.spi.to_bytes(SPI_OCTETS, "big") + value
        if sa.mode == Mode.AUTHENTICATED_ENCRYPTION:
            return security + self._gcm.encrypt(value, data, self._covered(header, security, b""))
        if sa.mode == Mode.ENCRYPTION:
            return security + self._stream(value, data)
        return security + data + self._mac(header, security, data)

    def open(self, header: bytes, body: bytes) -> tuple[bytes, int]:
        """Data and number of what `seal` made. Raises RefusedError; whether the number is fresh is not asked here."""
        sa = self.association
        if len(body) <= sa.head_octets + sa.tail_octets:
            raise RefusedError(Refusal.SHORT)
        security, data = body[: sa.head_octets], body[sa.head_octets :]
        number = int.from_bytes(security[SPI_OCTETS:], "big")
        if sa.mode == Mode.AUTHENTICATED_ENCRYPTION:
            try:
                return self._gcm.decrypt(security[SPI_OCTETS:], data, self._covered(header, security, b"")), number
            except InvalidTag:
                raise RefusedError(Refusal.MAC) from None
        if sa.mode == Mode.ENCRYPTION:
            return self._stream(security[SPI_OCTETS:], data), number
        data, mac = data[:-MAC_OCTETS], data[-MAC_OCTETS:]
        if not hmac.compare_digest(mac, self._mac(header, security, data)):
            raise RefusedError(Refusal.MAC)
        return data, number


def _close(octets: bytes) -> bytes:
    return octets + checksum(octets).to_bytes(FECF, "big")


def _with_length(header: bytes, octets: int) -> bytes:
    """A TC header for a frame of this length."""
    if octets > 1024:
        raise ValueError(f"a TC frame of {octets} octets: 1024 are possible, security header and trailer included")
    return header[:2] + ((header[2] & 0xFC) << 8 | (octets - 1)).to_bytes(2, "big") + header[4:]


def is_control(frame: bytes) -> bool:
    """A TC frame of type C, which stands outside of SDLS."""
    return bool(frame[0] & 0x10)


def seal_tc(unit: Unit, frame: bytes, number: int) -> bytes:
    """A TC data frame in clear, whole, as it goes up. Raises ValueError when it grows past 1024 octets, and ExhaustedError."""
    sa = unit.association
    header = _with_length(frame[:TC_HEADER], len(frame) + sa.head_octets + sa.tail_octets)
    return _close(header + unit.seal(header, frame[TC_HEADER:-FECF], number))


def open_tc(unit: Unit, frame: bytes) -> tuple[bytes, int]:
    """The frame in clear, whole, and its number; `frame` is sound and ends with its FECF. Raises RefusedError."""
    data, number = unit.open(frame[:TC_HEADER], frame[TC_HEADER:-FECF])
    return _close(_with_length(frame[:TC_HEADER], TC_HEADER + len(data) + FECF) + data), number


def _tm_end(frame: bytes) -> int:
    """Where the data field ends, security trailer included."""
    return len(frame) - FECF - (OCF if frame[1] & 1 else 0)


def seal_tm(unit: Unit, frame: bytes, number: int) -> bytes:
    """A TM frame of the link's length whose data field leaves room for security header and trailer, as it goes down."""
    sa, end = unit.association, _tm_end(frame)
    data = frame[TM_HEADER + sa.head_octets : end - sa.tail_octets]
    return _close(frame[:TM_HEADER] + unit.seal(frame[:TM_HEADER], data, number) + frame[end:-FECF])


def open_tm(unit: Unit, frame: bytes) -> tuple[bytes, int]:
    """The frame in clear, shorter by security header and trailer, and its number. Raises RefusedError."""
    end = _tm_end(frame)
    data, number = unit.open(frame[:TM_HEADER], frame[TM_HEADER:end])
    return _close(frame[:TM_HEADER] + data + frame[end:-FECF]), number


_FLAGS = {
    Refusal.SHORT: fsr.BAD_ASSOCIATION,
    Refusal.ASSOCIATION: fsr.BAD_ASSOCIATION,
    Refusal.CHANNEL: fsr.BAD_ASSOCIATION,
    Refusal.MAC: fsr.BAD_MAC,
    Refusal.REPLAYED: fsr.BAD_SEQUENCE_NUMBER,
    Refusal.AHEAD: fsr.BAD_SEQUENCE_NUMBER,
}


class Receiver:
    """One receiving end: the associations in operation, the last number of each, what was refused and why. Fails secure."""

    def __init__(self, units: list[Unit], spacecraft_id: int, direction: Direction) -> None:
        self._units = {unit.association.spi: unit for unit in units}
        self.spacecraft_id, self.direction = spacecraft_id, direction
        self.last: dict[int, int] = {}  # by SPI; an association without entry has accepted nothing
        self.accepted = 0
        self.refused = dict.fromkeys(Refusal, 0)
        self.report = fsr.CLEAR  # frame security report: its flags, SPI and number tell of the last frame, the alarm of all

    def open(self, frame: bytes) -> bytes:
        """A sound protected frame in clear. The number moves on only when everything else is right. Raises RefusedError."""
        try:
            clear, spi, number = self._open(frame)
        except RefusedError as error:
            self.refused[error.reason] += 1
            self._tell(error.reason)
            raise
        self.last[spi] = number
        self.accepted += 1
        self._tell(None)
        return clear

    def _tell(self, reason: Refusal | None) -> None:
        """A flag for why the last frame was refused, if it was: then an alarm, too, that no later frame takes back."""
        self.report = self.report & ~fsr.FLAGS | (0 if reason is None else fsr.ALARM | _FLAGS.get(reason, 0))

    def _open(self, frame: bytes) -> tuple[bytes, int, int]:
        tc = self.direction == Direction.TC
        if len(frame) < TC_HEADER + SPI_OCTETS + FECF:
            raise RefusedError(Refusal.SHORT)
        spi = int.from_bytes(frame[6:8], "big")  # both kinds of frame have six octets before it
        self.report = self.report & ~(0xFFFF << 8) | spi << 8
        unit = self._units.get(spi)
        if unit is None:
            raise RefusedError(Refusal.ASSOCIATION)
        sa = unit.association
        spacecraft_id = (frame[0] & 3) << 8 | frame[1] if tc else (frame[0] & 0x3F) << 4 | frame[1] >> 4
        if sa.direction != self.direction or sa.spacecraft_id != spacecraft_id or spacecraft_id != self.spacecraft_id:
            raise RefusedError(Refusal.CHANNEL)
        if sa.number_octets and len(frame) >= 8 + sa.number_octets + FECF:
            self.report = self.report & ~0xFF | frame[7 + sa.number_octets]
        clear, number = (open_tc if tc else open_tm)(unit, frame)
        last = self.last.get(spi, -1)
        if sa.number_octets and number <= last:
            raise RefusedError(Refusal.REPLAYED)
        if sa.number_octets and number > last + sa.window:
            raise RefusedError(Refusal.AHEAD)
        return clear, spi, number
