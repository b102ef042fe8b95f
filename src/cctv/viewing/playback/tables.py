"""The one table of playback: rights that were taken back before they ran out."""

from sqlalchemy import Column, DateTime, Index, Table, Text

from cctv.infra.database import metadata

media_withdrawals = Table(
    "media_withdrawals",
    metadata,
    # "grant:<id in hexadecimal>", "actor:<id>" or "camera:<uuid>": whose grants are dead.
    Column("subject", Text, primary_key=True),
    # Grants issued up to this moment are dead; later ones were issued by somebody who looked at the rights anew.
    Column("withdrawn_at", DateTime(timezone=True), nullable=False),
    # When the last grant that this row can kill has run out by itself, and the row may go.
    Column("needed_until", DateTime(timezone=True), nullable=False),
    Index("idx_media_withdrawals_needed", "needed_until"),
)
