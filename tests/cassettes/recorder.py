"""A process that records and merges without end, and says after each answer that it is on disk: meant to be killed."""

import sys
from itertools import count
from pathlib import Path

from replaykit.adapters import compact
from replaykit.adapters.asked import Question
from replaykit.adapters.player import Player, Ticket
from replaykit.model.cassette import Content, Layer, Mode

EACH = 5


def question(text: str) -> Question:
    """Ask something that no other question asks."""
    contents = (Content.from_bytes({"encoding": b"json/plain"}, f'"{text}"'.encode()),)
    return Question(Layer.ACTIVITY, "answer", contents, text, 1, f"2026-01-05T10:00:00.{len(text):06}Z")


def main(path: Path, name: str) -> None:
    """Record five answers, merge, and begin anew."""
    numbers = count()
    while True:
        player = Player(path, mode=Mode.NEW_EPISODES, shown=str(path))
        for _ in range(EACH):
            text = f"{name}-{next(numbers)}"
            ticket = player.ask(question(text))
            if not isinstance(ticket, Ticket):
                raise TypeError(text)
            player.heard(ticket, Content.from_bytes({"encoding": b"json/plain"}, b'"' + b"long " * 2000 + b'"'))
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        player.close()
        compact.compact(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
