"""The patron store: one ADBC module with portable SQL for SQLite and PostgreSQL."""
