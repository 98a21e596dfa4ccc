"""Releases of software and of data: what is new since the last look, from GitHub, a package index, Zenodo, queries of
virtual observatories, folders and buckets."""
