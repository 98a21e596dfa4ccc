"""The built-in analyses: one file each, named as the analysis, found by `analyses.registry`."""
