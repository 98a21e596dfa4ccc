"""Sanity checks of the platform. One module per check, found by its file and joined by `@check`: adding one edits no
existing file. `contract.py` says what a check is."""
