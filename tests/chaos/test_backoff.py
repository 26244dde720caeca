"""The pauses of openai's SDK are short while a sweep runs, whenever it is imported, and nobody imports it for that."""

from textwrap import dedent

from tests.project import Project


def said(code: str) -> str:
    result = Project({}).run_python(dedent(code))
    assert result.code == 0, result.stderr
    return result.stdout


def test_an_sdk_that_is_loaded_has_short_pauses_inside_and_its_own_afterwards() -> None:
    assert said("""
        import openai._base_client as client
        from replaykit.adapters.chaos.backoff import quick_retries

        own = client.INITIAL_RETRY_DELAY, client.MAX_RETRY_DELAY
        with quick_retries():
            print(client.INITIAL_RETRY_DELAY, client.MAX_RETRY_DELAY)
        print((client.INITIAL_RETRY_DELAY, client.MAX_RETRY_DELAY) == own)
        """).split() == ["0.001", "0.001", "True"]


def test_an_sdk_that_an_activity_imports_later_has_them_too() -> None:
    assert said("""
        import sys
        from replaykit.adapters.chaos.backoff import quick_retries

        finders = list(sys.meta_path)
        with quick_retries():
            with quick_retries():
                print("openai" in sys.modules)
                import openai._base_client as client
            print(client.INITIAL_RETRY_DELAY, client.MAX_RETRY_DELAY)
            print(type(client.__loader__).__name__, type(client.__spec__.loader).__name__)
        print(client.MAX_RETRY_DELAY > 1, sys.meta_path == finders)
        """).split() == ["False", "0.001", "0.001", "SourceFileLoader", "SourceFileLoader", "True", "True"]
