"""Telling people and machines how a run went: mail, webhook, ping, metrics. Each with a retry; none of it can break a run."""
