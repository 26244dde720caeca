"""The data converter of a scenario, made in the process that uses it."""

from temporalio.converter import DataConverter

from replaykit.model.scenario import Scenario


def data_converter_of(scenario: Scenario) -> DataConverter:
    """Return the scenario's data converter, or Temporal's own."""
    given = scenario.data_converter
    made: DataConverter | None = given() if callable(given) else given
    return made or DataConverter.default
