from typing_extensions import Buffer

NONE: int
SHORT: int
LONG: int

def tm(data: Buffer, randomiser: int = 1) -> bytes: ...
def tc(data: Buffer) -> bytes: ...
