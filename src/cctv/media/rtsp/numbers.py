"""Numbers as cameras write them: what is none, or none that can be meant, is told apart from a number."""


def number(text: str, *, most: int) -> int | None:
    """The number in ``text`` (decimal, not negative, ``most`` at most); None for everything else."""
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        return None
    found = int(text)
    return found if found <= most else None
