"""The tokens that a recorded answer cost, where the answer says so."""

from dataclasses import dataclass

from replaykit.model.cassette import Content, Interaction

_INPUT = ("input_tokens", "prompt_tokens", "request_tokens")
_OUTPUT = ("output_tokens", "completion_tokens", "response_tokens")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer or of many."""

    input: int = 0
    output: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input + other.input, self.output + other.output)


def usage_of(interaction: Interaction) -> Usage:
    """Read the usage that an answer of a model carries (openai's two forms, and those of agent libraries)."""
    answer = interaction.answer
    said = answer.json.get("usage") if isinstance(answer, Content) and isinstance(answer.json, dict) else None
    if not isinstance(said, dict):
        return Usage()

    def first(names: tuple[str, ...]) -> int:
        found = [said[name] for name in names if type(said.get(name)) is int]
        return max(0, int(str(found[0]))) if found else 0

    return Usage(first(_INPUT), first(_OUTPUT))
