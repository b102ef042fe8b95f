"""Who records what: the recorders that are alive and the leases they hold, both timed by PostgreSQL's clock."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, func

from cctv.infra.database import metadata

recorders = Table(
    "recorders",
    metadata,
    # A slot, not a process: node and number. A process that starts in a slot is the successor of the one before.
    Column("holder", Text, primary_key=True),
    Column("node", Text, nullable=False),
    # Where its internal address is: host:port, for the live edge and for ranges of spool files.
    Column("address", Text, nullable=False, server_default=""),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("capacity", Integer, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("camera_id", Uuid, ForeignKey("cameras.id", name="leases_camera_id_fkey"), primary_key=True),
    Column("holder", Text, nullable=False),
    # Grows with each taking; part of every run's id and so of every object's name.
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("idx_leases_holder", "holder"),
)
