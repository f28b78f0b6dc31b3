"""From records and a snapshot of the store to everything that would change. Pure: frames in, frames out, time as an argument."""
