"""The job that holds a cassette's answers of models against the models of the installed openai SDK."""

from collections import defaultdict

from replaykit.adapters import openai_models
from replaykit.model.cassette import Cassette, Interaction
from replaykit.model.model_check import Drift, Drifted, ModelCheck, Unchecked
from replaykit.rules.model_answers import ModelAnswer, model_answers
from replaykit.rules.usage import calls_of


def check_models(cassette: Cassette) -> ModelCheck:
    """Check every answer of a model; one that cannot be checked is told with the reason."""
    version = openai_models.installed()
    unchecked: dict[str, list[int]] = defaultdict(list)
    drifted: dict[tuple[str, Drift], list[int]] = defaultdict(list)
    checked = 0
    for number, interaction in enumerate(cassette.interactions, start=1):
        answers = _answers(interaction)
        reasons = {answer.why for answer in answers if answer.form is None}
        if answers and version is None:
            reasons = {"the openai SDK is not installed: pip install openai"}
        for why in sorted(reasons):
            unchecked[why].append(number)
        if reasons or not answers:
            continue
        checked += 1
        for form, drift in dict.fromkeys((str(a.form), drift) for a in answers for drift in openai_models.drift_of(a)):
            drifted[form, drift].append(number)
    return ModelCheck(
        against=f"openai {version}" if version else "",
        checked=checked,
        drifted=tuple(Drifted(form, drift, tuple(numbers)) for (form, drift), numbers in sorted(drifted.items())),
        unchecked=tuple(Unchecked(why, tuple(numbers)) for why, numbers in sorted(unchecked.items())),
    )


def _answers(interaction: Interaction) -> tuple[ModelAnswer, ...]:
    found = tuple(model_answers(interaction))
    if not found and calls_of(interaction):
        return (ModelAnswer(None, None, why="the answer has none of OpenAI's forms"),)
    return found
