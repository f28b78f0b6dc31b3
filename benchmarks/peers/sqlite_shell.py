"""What the sqlite3 shell is told: .import to a stage, then one upsert. `sqlite_shell FILE` prints it; the shell reads it."""

import sys

from benchmarks.columns import COLUMNS, FIELDS
from benchmarks.peers.sql import mapped


def script(file: str) -> str:
    """The commands and statements for one night."""
    others = [field for field in FIELDS if field != "district_id"]
    return f"""
PRAGMA journal_mode = wal;
PRAGMA synchronous = full;
CREATE TABLE IF NOT EXISTS patrons ({", ".join(f"{field} TEXT{' PRIMARY KEY' if field == 'district_id' else ''}" for field in FIELDS)});
CREATE TEMP TABLE stage ({", ".join(f'"{column}" TEXT' for column in COLUMNS)});
.import --csv --skip 1 --schema temp "{file}" stage
BEGIN IMMEDIATE;
INSERT INTO patrons {mapped("sqlite", "temp.stage")} WHERE true
ON CONFLICT (district_id) DO UPDATE SET {", ".join(f"{field} = excluded.{field}" for field in others)};
COMMIT;
"""


if __name__ == "__main__":
    print(script(sys.argv[1]))
