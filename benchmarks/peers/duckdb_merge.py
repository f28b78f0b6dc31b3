"""DuckDB: one MERGE from read_csv into its own file. `duckdb_merge FILE DATABASE`."""

import sys

import duckdb

from benchmarks.columns import DATES, FIELDS
from benchmarks.peers.sql import mapped

file, database = sys.argv[1:3]
store = duckdb.connect(database)
# The key is declared, as with every other peer: a store of patrons must refuse a second one with the same district id.
key = {"district_id": " PRIMARY KEY"}
declared = ", ".join(f"{field} {'DATE' if field in DATES else 'VARCHAR'}{key.get(field, '')}" for field in FIELDS)
store.execute(f"CREATE TABLE IF NOT EXISTS patrons ({declared})")
rows = f"read_csv('{file}', header = true, all_varchar = true)"
others = [field for field in FIELDS if field != "district_id"]
# Only rows that differ are written: rewriting all of them would be slower, and this is the peer at its best.
differs = " OR ".join(f"p.{field} IS DISTINCT FROM s.{field}" for field in others)
store.execute(f"""
    MERGE INTO patrons p
    USING ({mapped("duckdb", rows)}) s
    ON p.district_id = s.district_id
    WHEN MATCHED AND ({differs}) THEN UPDATE SET {", ".join(f"{field} = s.{field}" for field in others)}
    WHEN NOT MATCHED THEN INSERT ({", ".join(FIELDS)}) VALUES ({", ".join(f"s.{field}" for field in FIELDS)})
""")
store.close()
