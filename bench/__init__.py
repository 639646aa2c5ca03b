"""Measurements, each run by hand as `python -m bench.NAME`."""
