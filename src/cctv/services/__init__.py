"""What runs: the service table, each service's assembly, the supervisor. Only the command line imports it."""
