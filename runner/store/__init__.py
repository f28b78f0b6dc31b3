"""The patron store: one ADBC module with portable SQL for SQLite and PostgreSQL.

`open_store` gives a Store: a reader for the planners, `apply` for the one writing transaction of a run, the runs and their journal.
"""
