"""From rows to records: the job's properties compiled to one lazy polars select, and the values interpreted by the domain's rules."""
