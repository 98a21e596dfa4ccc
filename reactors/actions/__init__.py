"""What a rule can do. One module per action, found by its file and joined by `ACTIONS.add`: adding one edits no
existing file. `contract.py` says what an action is."""
