class SlotCode:
    name: str
    owner: object
    def call(self, tick: int) -> int: ...
