"""A share of all runs that is the same share every night."""

from hashlib import blake2b

_BYTES = 8


def sampled(run_id: str, share: float) -> bool:
    """Tell whether a run belongs to the share: its hash says so, so a larger share holds every smaller one."""
    place = int.from_bytes(blake2b(run_id.encode(), digest_size=_BYTES).digest())
    return place < share * (1 << 8 * _BYTES)
