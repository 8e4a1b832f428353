"""The tests of this directory know the spacecraft by its sockets and its command line alone."""

from ground.pytest_plugin import hangar, pytest_configure, spacecraft

__all__ = ["hangar", "pytest_configure", "spacecraft"]
