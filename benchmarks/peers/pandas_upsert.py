"""The script that most districts have: pandas reads and maps, sqlite3 upserts. `pandas_upsert FILE DATABASE`."""

import sqlite3
import sys

import pandas as pd

from benchmarks.columns import DATES, FIELDS, LOGIN, MAPS

file, database = sys.argv[1:3]
rows = pd.read_csv(file, dtype=str, keep_default_na=False)
records = pd.DataFrame(index=rows.index)
for field, (column, longest) in FIELDS.items():
    value = rows[column].str.strip()
    if field in MAPS:
        value = value.map(MAPS[field])
    elif field in DATES:
        value = pd.to_datetime(value, format=DATES[field], errors="coerce").dt.strftime("%Y-%m-%d")
    elif field == LOGIN:
        value = value.str.split("@").str[0].str[:longest]
    else:
        value = value.str[:longest]
    records[field] = value.astype(object).where(value.notna(), None)

store = sqlite3.connect(database)
store.execute("PRAGMA journal_mode = wal")
store.execute("PRAGMA synchronous = full")
store.execute(f"CREATE TABLE IF NOT EXISTS patrons ({', '.join(FIELDS)}, PRIMARY KEY (district_id))")
updates = ", ".join(f"{field} = excluded.{field}" for field in FIELDS if field != "district_id")
upsert = f"INSERT INTO patrons VALUES ({', '.join('?' * len(FIELDS))}) ON CONFLICT (district_id) DO UPDATE SET {updates}"
with store:
    store.executemany(upsert, records.itertuples(index=False, name=None))
store.close()
