"""From rows to records: the job's properties compiled to one lazy polars select, and the values interpreted by the domain's rules.

Public: `columns.wanted_columns`, `patrons.map_rows`, `circulation.map_circulation`, and from `fingerprint` (which needs no polars)
`mapping_fingerprint`, `field_fingerprint` and `HASH_VERSION`.
"""
