"""Time passing: due jobs, a loop, reload, systemd's notify socket."""
