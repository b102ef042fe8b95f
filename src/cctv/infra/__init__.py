"""The machines outside: database, cache, disks, web server, telemetry. No word of the domain."""
