"""Data only: shipped rules, observatories, instruments and the demo night. Nothing is imported from here."""
