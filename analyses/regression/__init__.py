"""Test cases run again when what they stand on has a new version: in fresh environments, against references."""
