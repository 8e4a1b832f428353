"""`farside emulator`: the spacecraft, in the foreground, in place of this process."""

import os
import sys

import click


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def emulator(arguments: tuple[str, ...]) -> None:
    """Start `python -m flight` with these options; farside emulator --help lists them."""
    if arguments and arguments[0] in ("-h", "--help"):  # what flying takes; the other work of that program has names of its own here
        arguments = ("run", *arguments)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "flight", *arguments])
