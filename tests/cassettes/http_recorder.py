"""A process that records HTTP requests without end, and says after each that it has the answer: meant to be killed."""

import sys
from itertools import count

import httpx2

from replaykit import use_cassette

EACH = 5


def main(path: str, name: str, url: str) -> None:
    """Ask five questions, merge, and begin anew."""
    numbers = count()
    with httpx2.Client() as client:
        while True:
            with use_cassette(path, mode="new_episodes", layers="http", redact=False):
                for _ in range(EACH):
                    text = f"{name}-{next(numbers)}"
                    client.post(f"{url}/echo", json={"q": text, "padding": "long " * 2000})
                    sys.stdout.write(f"{text}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
