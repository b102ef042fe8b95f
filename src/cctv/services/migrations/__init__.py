"""The schema's history. :mod:`.run` brings a database up to date; :mod:`.known` refuses a strange one."""
