"""`farside dictionary`: the interface between spacecraft and ground, exported."""

from pathlib import Path

import click

from ground.errors import EXIT_CODES_HELP, EXIT_OK, BadArgumentError


@click.command(epilog=EXIT_CODES_HELP)
@click.option("--format", "form", type=click.Choice(["json", "xtce", "md"]), default="md", show_default=True, help="What to write.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--hash", "only_hash", is_flag=True, help="Print the dictionary's hash alone; its first 8 digits fly in the boot event.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to a file instead of standard output.")
def dictionary(form: str, as_json: bool, only_hash: bool, out: Path | None) -> int:
    """Export the mission dictionary: everything a stranger needs to talk to the spacecraft."""
    from wire import export

    if only_hash:
        text = export.dictionary_hash() + "\n"
    elif as_json or form == "json":
        text = export.export_json()
    else:
        text = export.export_xtce() if form == "xtce" else export.export_markdown()
    if out is None:
        click.echo(text, nl=False)
        return EXIT_OK
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadArgumentError(f"{out} cannot be written: {error.strerror}") from error
    return EXIT_OK
