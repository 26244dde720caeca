"""A hoard of made-up secrets of every kind."""

from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import secrets
from tests.secrets import Secret

# A shorter one could stand in megabytes of base64 by chance.
SHORTEST = 12


def hoard(number: int) -> Sequence[Secret]:
    """Make so many secrets, no two alike: the kinds of `secrets.IN_TEXT` in turn."""
    found: dict[str, Secret] = {}
    one_of_each = st.tuples(*secrets.IN_TEXT.values())

    @settings(
        max_examples=4 * number // len(secrets.IN_TEXT) + 10,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(one_of_each)
    def collect(made: tuple[Secret, ...]) -> None:
        found.update({secret.hidden: secret for secret in made if len(secret.hidden) >= SHORTEST})

    collect()
    kept = list(found.values())[:number]
    assert len(kept) == number
    assert {secret.kind for secret in kept} == set(secrets.IN_TEXT)
    return kept


def plain_e_mails(number: int) -> Sequence[Secret]:
    """Make addresses that can stand in a workflow id, and in the HTTP headers that are made of it."""
    return [Secret("e-mail", text, text) for text in (f"resident.{n:03}@town.example.com" for n in range(number))]
