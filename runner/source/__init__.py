"""From `job.source` to a private local copy of the file, and its fingerprint."""
