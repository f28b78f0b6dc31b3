"""dlt: merge disposition into DuckDB, fed with Arrow tables, its fast way. `dlt_merge FILE DATABASE FOLDER`."""

import os
import sys
from collections.abc import Iterator

file, database, folder = sys.argv[1:4]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
from pyarrow import csv  # noqa: E402

from benchmarks.columns import COLUMNS, DATES, FIELDS, LOGIN, MAPS  # noqa: E402


def mapped(table: pa.Table) -> pa.Table:
    """All 22 fields of one batch."""
    made = {}
    for field, (column, longest) in FIELDS.items():
        value = pc.utf8_trim_whitespace(table[column])
        if field in MAPS:
            words = pa.array([*MAPS[field].values()])
            value = pc.take(words, pc.index_in(value, pa.array([*MAPS[field]])))
        elif field in DATES:
            value = pc.cast(pc.strptime(value, DATES[field], "s", error_is_null=True), pa.date32())
        elif field == LOGIN:
            value = pc.utf8_slice_codeunits(pc.list_element(pc.split_pattern(value, "@"), 0), 0, longest)
        else:
            value = pc.utf8_slice_codeunits(value, 0, longest)
        made[field] = value
    return pa.table(made)


@dlt.resource(name="patrons", primary_key="district_id", write_disposition="merge")
def patrons() -> Iterator[pa.Table]:
    """The file in batches."""
    reading = csv.ReadOptions(block_size=64 << 20)
    as_text = csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False)
    with csv.open_csv(file, read_options=reading, convert_options=as_text) as batches:
        for batch in batches:
            yield mapped(pa.Table.from_batches([batch]))


pipeline = dlt.pipeline("patrons", pipelines_dir=folder, destination=dlt.destinations.duckdb(database), dataset_name="library")
pipeline.run(patrons())
