from typing_extensions import Buffer

class BitErrors:
    bits: int
    flipped: int
    def __init__(self, seed: int, rate: float, burst_rate: float = 0.0, burst_bits: float = 0.0, calm_bits: float = 0.0) -> None: ...
    def spoil(self, octets: Buffer) -> int: ...
