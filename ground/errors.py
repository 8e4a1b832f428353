"""What can go wrong on the ground: one clear line, the next step, and the exit code that says it to a script."""

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_NO_LINK = 3
EXIT_TIMEOUT = 4
EXIT_FILES = 5

EXIT_CODES_HELP = (
    "Exit codes: 0 all well; 1 the spacecraft refused or failed; 2 bad usage or a bad argument, nothing was sent; "
    "3 no link; 4 nothing came in time; 5 a file, the output or the archive cannot be read or written."
)


class GroundError(Exception):
    """An error for the operator: `str()` is the line, `hint` the next step (may be empty)."""

    exit_code = EXIT_REFUSED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadArgumentError(GroundError):
    """The request cannot be: unknown name, argument out of range, wrong usage. Nothing was sent."""

    exit_code = EXIT_USAGE


class NoLinkError(GroundError):
    """Nobody listens at the spacecraft's door, or the connection broke."""

    exit_code = EXIT_NO_LINK


class NothingCameError(GroundError):
    """What was waited for did not come within its time, on the ground's clock."""

    exit_code = EXIT_TIMEOUT


class FilesError(GroundError):
    """A file, a directory or the output cannot be read or written."""

    exit_code = EXIT_FILES


class ArchiveError(FilesError):
    """The archive cannot be opened, read or written."""
