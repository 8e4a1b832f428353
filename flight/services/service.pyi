class Handler:
    service: int
    subtype: int
    owner: object
