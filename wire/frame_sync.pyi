SETTINGS: dict[str, int]
