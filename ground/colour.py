"""Colour for a terminal, unless its user asks for none by the environment variable NO_COLOR (no-color.org)."""

import os
from typing import Any

import click


def paint(text: str, **how: Any) -> str:
    """The text in a style as `click.style` names it; as it is when there is nothing to say, or NO_COLOR is set."""
    return click.style(text, **how) if any(how.values()) and not os.environ.get("NO_COLOR") else text
