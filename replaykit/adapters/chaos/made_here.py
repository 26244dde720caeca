"""What a scenario gives as functions is made in the process that uses it: what holds keys or clients travels badly."""

from dataclasses import replace

from temporalio.converter import DataConverter

from replaykit.model.scenario import Scenario


def made_here(scenario: Scenario) -> Scenario:
    """Return the scenario with the data converter and the worker's arguments that its functions make."""
    converter, worker = scenario.data_converter, scenario.worker
    return replace(
        scenario,
        data_converter=(converter() if callable(converter) else converter) or DataConverter.default,
        worker=worker() if callable(worker) else worker,
    )
