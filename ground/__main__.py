"""The `farside` command, and `python -m ground`. Sub-commands are imported when they are used, so that help comes at once."""

import json
import os
import sys

import click

from ground.colour import paint
from ground.errors import EXIT_CODES_HELP, EXIT_USAGE, BadArgumentError, FilesError, GroundError

_COMMANDS = {
    "demo": "Fly the mission: start a spacecraft, command it, leave a report.",
    "emulator": "Start the spacecraft (lander, rover, relay) in the foreground.",
    "console": "Command and watch, interactively.",
    "tc": "Send one command and show its verification.",
    "tm": "Show telemetry, live or from the archive.",
    "link": "Show what comes down: frames, losses, control words.",
    "pictures": "List the pictures that are home.",
    "replay": "Fly a recording again.",
    "diff": "Name the first difference between two recordings.",
    "land": "Land headless, as fast as the machine can.",
    "drive": "Drive the rover headless, as fast as the machine can.",
    "keys": "Make the keys of a secured link.",
    "dictionary": "Export the interface: JSON, XTCE or a document.",
    "faults": "Show what can be broken, and how.",
    "devices": "Show what can be plugged in.",
}


def load(name: str) -> click.Command | None:
    """Import a command."""
    match name:
        case "demo":
            from ground.commands.demo import demo

            return demo
        case "emulator":
            from ground.commands.emulator import emulator

            return emulator
        case "console":
            from ground.commands.console import console

            return console
        case "tc":
            from ground.commands.tc import tc

            return tc
        case "tm":
            from ground.commands.tm import tm

            return tm
        case "link":
            from ground.commands.link import link

            return link
        case "pictures":
            from ground.commands.pictures import pictures

            return pictures
        case "replay":
            from ground.commands.spacecraft import replay

            return replay
        case "diff":
            from ground.commands.spacecraft import diff

            return diff
        case "land":
            from ground.commands.land import land

            return land
        case "drive":
            from ground.commands.drive import drive

            return drive
        case "keys":
            from ground.commands.keys import keys

            return keys
        case "dictionary":
            from ground.commands.dictionary import dictionary

            return dictionary
        case "faults":
            from ground.commands.spacecraft import faults

            return faults
        case "devices":
            from ground.commands.spacecraft import devices

            return devices
    return None


def say_version(ctx: click.Context, wanted: bool) -> None:
    """Print what this is: the version of the distribution, and the dictionary that flies in the boot event."""
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    from wire.export import dictionary_hash

    try:
        number = version("farside")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"farside {number}, dictionary {dictionary_hash()[:8]}")
    ctx.exit()


class LazyGroup(click.Group):
    """A group that knows the names and the help of its commands, and imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise BrokenPipeError from None  # without its number, at which click would end with 1

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise BadArgumentError(f"there is no command {args[0]!r}", f"commands: {', '.join(_COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=lambda ctx, _, wanted: say_version(ctx, wanted),
              help="Show version and dictionary, and exit.")  # fmt: skip
@click.group(cls=LazyGroup, epilog=EXIT_CODES_HELP, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """A spacecraft and its ground station: lander, rover and relay on the far side of the Moon."""


def report(error: GroundError, as_json: bool) -> int:
    """Say what went wrong, on one line and the next step on another, or as JSON; the exit code."""
    if as_json:
        click.echo(json.dumps({"error": str(error), "hint": error.hint, "exit": error.exit_code}))
    else:
        click.echo(paint(f"farside: {error}", fg="red"), err=True)
        if error.hint:
            click.echo(f"         {error.hint}", err=True)
    return error.exit_code


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code."""
    as_json = "--json" in arguments
    try:
        result = cli.main(arguments, prog_name="farside", standalone_mode=False)
    except GroundError as error:
        return report(error, as_json)
    except click.ClickException as error:
        if as_json:
            return report(BadArgumentError(error.format_message()), as_json)
        error.show()
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:  # the reader of a pipe (head, less) has enough; nothing may be flushed into it at exit
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        return report(FilesError(_what_failed(error), "is there room, and may this user do that?"), as_json=False)
    return result if isinstance(result, int) else 0


def _drop_output() -> None:
    """Let nothing be flushed at exit into an output that takes nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _what_failed(error: OSError) -> str:
    return f"{error.filename or 'the output'}: {error.strerror or error}"


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
