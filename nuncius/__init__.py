"""Nuncius: alerts in, reviewed reports out. The top of the flow is `nuncius.app`; values live in `nuncius.core`."""

from importlib.metadata import version

__version__ = version("nuncius")
