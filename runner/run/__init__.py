"""From a job to a finished run: lock, run folder, engine, notifications."""
