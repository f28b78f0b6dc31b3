"""Words typed, an exit code: one file a verb, one error boundary."""
