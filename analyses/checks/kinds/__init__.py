"""Kinds of checks that are data. One module per kind, found by its file: adding one edits no existing file."""
