from typing_extensions import Buffer

class Splitter:
    def feed(self, data: Buffer) -> list[bytes]: ...
