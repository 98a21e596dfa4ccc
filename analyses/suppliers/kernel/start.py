"""Starts a notebook's kernel: from its first cell on, its calls of archives and name resolvers are written down.
Standard library only."""

import importlib
import os
import runpy
import sys
from types import ModuleType

#: This folder under a name that no notebook uses.
PACKAGE = "nuncius_kernel"


if __name__ == "__main__":
    package = ModuleType(PACKAGE)
    package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules[PACKAGE] = package
    sys.path[0] = os.getcwd()  # the folder of this script holds nothing that a notebook should find
    importlib.import_module(f"{PACKAGE}.recording").begin(os.environ.pop("NUNCIUS_HARVEST"))
    importlib.import_module(f"{PACKAGE}.patches").install()
    importlib.import_module(f"{PACKAGE}.outputs")
    runpy.run_module("ipykernel_launcher", run_name="__main__")
