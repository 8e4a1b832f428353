"""What the console offers while a line is typed: names that fit, and a line of help about what is being typed."""

from collections.abc import Iterable, Iterator
from functools import cache

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from ground.console.sequence import SETTINGS
from ground.console.shell import BUILTINS
from ground.errors import BadArgumentError
from ground.mission import find_command, parameter_names
from ground.text import argument_text, command_usage
from wire.dictionary import DICTIONARIES, Dictionary
from wire.dictionary.rows import Argument, Command

Offer = tuple[str, str]  # what may stand there, and what it is
_SEQUENCE_WORDS: tuple[Offer, ...] = (
    ("start", "begin where the spacecraft's report says"),
    ("unlock", "unlock the spacecraft, then begin"),
    ("set", "set the spacecraft's number, then begin"),
    ("stop", "send by bypass again"),
    ("resume", "go on after a suspension"),
    *((word, name.replace("_", " ")) for word, name in SETTINGS.items()),
)


@cache
def _starts() -> tuple[Offer, ...]:
    commands = [(f"{book.vehicle.name}.{c.name}", c.text) for book in DICTIONARIES.values() for c in book.commands]
    return (*((name, text) for name, (_, text) in BUILTINS.items()), *commands)


@cache
def _parameters() -> tuple[Offer, ...]:
    texts = [parameter.text for book in DICTIONARIES.values() for parameter in book.parameters]
    return tuple(zip(parameter_names(), texts, strict=True))


@cache
def _events() -> tuple[Offer, ...]:
    return tuple((f"{book.vehicle.name}.{e.name}", e.text) for book in DICTIONARIES.values() for e in book.events)


def _values(book: Dictionary, command: Command, argument: Argument) -> Iterable[Offer]:
    """What an argument may be, where that is a list."""
    if argument.enumeration is not None:
        return [(m.name, m.text) for m in argument.enumeration.members]
    if argument.refers == "report":
        return [(r.name, r.text) for r in book.reports]
    if argument.refers == "parameter":
        settable = any(a.name == "value" for a in command.arguments)
        return [(p.name, p.text) for p in book.parameters if not settable or p.settable is not None]
    return []


def _command(word: str) -> tuple[Dictionary, Command] | None:
    try:
        return find_command(word)
    except BadArgumentError:
        return None


def offers(before: str) -> tuple[str, Iterable[Offer]]:
    """The word under way at the end of a line, and what may stand in its place."""
    words = before.split()
    word = "" if not before or before[-1].isspace() else words.pop()
    if words[:1] == ["bypass"]:
        words = words[1:]
    if not words:
        return word, _starts()
    if words[0] == "cop1":
        return word, [(name, book.vehicle.text) for name, book in DICTIONARIES.items()] if len(words) == 1 else _SEQUENCE_WORDS
    if words[0] in ("watch", "unwatch", "tm"):
        return word, _parameters()
    if words[0] == "wait":
        return word, _events() if len(words) == 1 else ()
    if words[0] == "help":
        return word, (*_starts(), *((name, book.vehicle.text) for name, book in DICTIONARIES.items()))
    found = _command(words[0])
    if found is None:
        return word, ()
    book, command = found
    name, equals, value = word.partition("=")
    if not equals:
        given = {w.partition("=")[0] for w in words[1:]}
        return word, [(f"{a.name}=", a.text) for a in command.arguments if a.name not in given]
    argument = next((a for a in command.arguments if a.name == name), None)
    return value, _values(book, command, argument) if argument is not None else ()


def help_line(before: str) -> str:
    """About what is being typed: an argument's text and range, a command's usage, or nothing."""
    words = before.split()
    if not words:
        return "help, VEHICLE.COMMAND, or Tab"
    if words[0] in BUILTINS:
        return ": ".join(BUILTINS[words[0]])
    found = _command(words[0])
    if found is None:
        return ""
    book, command = found
    name = words[-1].partition("=")[0] if len(words) > 1 and not before[-1].isspace() else ""
    argument = next((a for a in command.arguments if a.name == name), None)
    if argument is not None:
        return f"{argument_text(argument)}: {argument.text}"
    hazard = "HAZARDOUS. " if command.hazardous else ""
    return f"{command_usage(book, command)}: {hazard}{command.text}. Legal in: {', '.join(command.modes)}"


class MissionCompleter(Completer):
    """Offers names that begin with what is typed; if none does, names that contain it."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        word, candidates = offers(document.text_before_cursor)
        fitting = [offer for offer in candidates if offer[0].lower().startswith(word.lower())]
        if not fitting and word:
            fitting = [offer for offer in candidates if word.lower() in offer[0].lower()]
        for text, meaning in fitting:
            yield Completion(text, start_position=-len(word), display_meta=meaning)
