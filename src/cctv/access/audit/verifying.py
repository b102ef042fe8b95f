"""Whether the audit is as it was written: links and proofs are made anew and compared, the anchors are asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

from cctv.access.audit import store
from cctv.access.audit.anchors import Anchor
from cctv.access.audit.model import START, Link, Sign, Written, next_link
from cctv.infra.database import Database, ReadTx

SEALED_WITHIN: Final = timedelta(minutes=1)
_MOST_FINDINGS: Final = 1000

Kind = Literal["changed", "removed", "inserted", "cut", "anchor"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where: ``seq`` is the place in the chain, ``entry_id`` the row."""

    kind: Kind
    words: str
    seq: int | None = None
    entry_id: int | None = None


@dataclass(slots=True)
class Report:
    """The result of looking at the whole audit."""

    entries: int = 0
    anchors: int = 0
    findings: list[Finding] = field(default_factory=list)

    def tell(self, finding: Finding) -> None:
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(finding)


async def verify(database: Database, *, sign: Sign, anchors: Sequence[Anchor]) -> Report:
    """Look at all of it, in one moment of the database."""
    report = Report(anchors=len(anchors))
    async with database.read() as tx:
        chain = _Chain(sign, report)
        while found := await store.links(tx, after=chain.end.seq):
            for link, row in found:
                chain.compare(link, row)
        await _verify_unsealed(tx, chain, report)
        for anchor in anchors:
            await _verify_anchor(tx, anchor, chain.end, report)
    return report


class _Chain:
    """Goes along the chain. ``proved``: entries with a proof have come, and none without may follow."""

    def __init__(self, sign: Sign, report: Report) -> None:
        self._sign = sign
        self._report = report
        self.end = START
        self.proved = False

    def compare(self, link: Link, row: Written | None) -> None:
        self._report.entries += 1
        last, self.end = self.end, link  # as it stands, so that one change is one finding
        if link.seq != last.seq + 1:
            words = f"links {last.seq + 1} to {link.seq - 1} of the chain are gone"
            self._report.tell(Finding("removed", words, seq=last.seq + 1))
        elif row is None:
            self._report.tell(Finding("removed", "an entry is gone", seq=link.seq, entry_id=link.entry_id))
        elif next_link(last, row, self._sign).link != link.link:
            words = "an entry, or its link, is not what was written"
            self._report.tell(Finding("changed", words, seq=link.seq, entry_id=link.entry_id))
        elif self.is_foreign(row):
            words = "an entry in the chain was not written by the audit"
            self._report.tell(Finding("inserted", words, seq=link.seq, entry_id=link.entry_id))
        else:
            self.proved = self.proved or row.mac is not None

    def is_foreign(self, row: Written) -> bool:
        """Whether the row cannot be ours; without a proof it can, as long as the chain has none."""
        return self.proved if row.mac is None else not row.is_ours(self._sign)


async def _verify_unsealed(tx: ReadTx, chain: _Chain, report: Report) -> None:
    sealed_before = await store.moment(tx) - SEALED_WITHIN
    async for page in store.unsealed(tx):
        for row in page:
            if chain.is_foreign(row):
                words = "an entry is not what the audit wrote: it was inserted, or changed before it was sealed"
            elif row.entry.at < sealed_before:
                words = "an entry has no place in the chain: it was inserted past the audit, or never sealed"
            else:
                continue
            report.tell(Finding("inserted", words, entry_id=row.entry.id))


async def _verify_anchor(tx: ReadTx, anchor: Anchor, end: Link, report: Report) -> None:
    if not anchor.good:
        report.tell(Finding("anchor", f"{anchor.words} is damaged or not ours"))
        return
    link = await store.link_at(tx, anchor.seq)
    if link is None:
        seen = f"{anchor.words} saw {anchor.seq} on {anchor.at:%Y-%m-%d %H:%M} UTC"
        words = f"the chain ends at {end.seq}, but {seen}"
        report.tell(Finding("cut", words, seq=anchor.seq))
    elif link.link != anchor.link:
        words = f"the chain is another than the one that {anchor.words} saw"
        report.tell(Finding("changed", words, seq=anchor.seq, entry_id=link.entry_id))
