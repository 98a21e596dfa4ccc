"""One module per command, each holding one click object named `command`; `nuncius.cli` finds them by file name."""
