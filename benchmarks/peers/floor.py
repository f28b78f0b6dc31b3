"""The floor: polars reads the file, all text, and does nothing else. `floor.py FILE`."""

import sys

import polars as pl

print(pl.read_csv(sys.argv[1], infer_schema=False).height)
