"""Real servers out of Python wheels, for one machine with nothing installed: PostgreSQL and Valkey.

Production gives addresses instead and none of this runs.
"""

from cctv.infra.embedded.child import Child, StartFailed, free_port, last_words, spawn
from cctv.infra.embedded.postgres import EmbeddedPostgres
from cctv.infra.embedded.valkey import EmbeddedValkey

__all__ = ["Child", "EmbeddedPostgres", "EmbeddedValkey", "StartFailed", "free_port", "last_words", "spawn"]
