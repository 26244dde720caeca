"""`[tool.replaykit]` becomes a Config, or says what is wrong with it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.config import KEYS, Config, DriftPolicy, from_toml
from replaykit.errors import ConfigInvalid

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
VALUES = st.recursive(
    TEXT | st.integers(-(2**31), 2**31) | st.booleans() | st.floats(), lambda inner: st.lists(inner, max_size=3)
)


def read(table: str) -> Config:
    return from_toml(f"[tool.replaykit]\n{table}\n", root="/project", source="pyproject.toml")


def toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def test_a_file_without_a_table_gives_the_defaults() -> None:
    assert from_toml("", root="/project", source="pyproject.toml") == Config(root="/project")


def test_every_key_is_read() -> None:
    assert read(
        'histories = ["corpus"]\nworkflows = ["shop.workflows"]\nfactory = "shop:arguments"\npython-path = ["src"]\n'
        'sandbox = false\ndeadline = 7\nprocesses = 3\ndrift = "ignore"'
    ) == Config(
        root="/project",
        histories=("corpus",),
        workflows=("shop.workflows",),
        factory="shop:arguments",
        python_path=("src",),
        sandbox=False,
        deadline=7.0,
        processes=3,
        drift=DriftPolicy.IGNORE,
    )


@given(
    st.lists(TEXT),
    st.lists(TEXT),
    st.booleans(),
    st.floats(0.1, 1e6),
    st.integers(0, 999),
    st.sampled_from(DriftPolicy),
)
def test_settings_come_back_as_they_were_written(
    histories: list[str], workflows: list[str], sandbox: bool, deadline: float, processes: int, drift: DriftPolicy  # noqa: FBT001 - drawn
) -> None:  # fmt: skip
    config = read(
        f"histories = {toml(histories)}\nworkflows = {toml(workflows)}\nsandbox = {toml(sandbox)}\n"
        f"deadline = {toml(deadline)}\nprocesses = {processes}\ndrift = {toml(drift.value)}"
    )
    assert config == Config(
        root="/project",
        histories=tuple(histories),
        workflows=tuple(workflows),
        sandbox=sandbox,
        deadline=deadline,
        processes=processes,
        drift=drift,
    )


@given(st.sampled_from(sorted(KEYS)), VALUES)
def test_any_value_is_read_or_refused_with_the_key_s_name(key: str, value: object) -> None:
    try:
        config = read(f"{key} = {toml(value)}")
    except ConfigInvalid as error:
        said = str(error)
    else:
        assert 0 < config.deadline < float("inf")
        assert config.processes >= 0
        return
    assert key in said
    assert "Fix:" in said


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("histores = []", "unknown key: histores."),
        ("python_path = []", "unknown key: python_path."),
        ("root = '/'", "unknown key: root."),
        ("sandbox = 'no'", "it wants true or false, not 'no'"),
        ("deadline = true", "it wants a number"),
        ("processes = 1.5", "it wants a whole number, not 1.5"),
        ("drift = true", "one of fail, warn, ignore"),
        ("workflows = [1]", "it wants a list of strings, not [1]"),
        ("deadline = nan", "nan seconds"),
        ("deadline = inf", "inf seconds"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_wants(table: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        read(table)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["[tool]\nreplaykit = 3", "[tool", "tool = 3\n[tool.replaykit]"])
def test_a_file_that_is_no_table_of_settings_is_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid):
        from_toml(text, root=".", source="pyproject.toml")


def test_options_that_were_not_given_leave_the_settings_alone() -> None:
    config = read('workflows = ["shop"]\ndeadline = 7\nsandbox = false')
    assert config.with_options(workflows=(), deadline=None, factory="", sandbox=None) == config


def test_options_override_settings() -> None:
    config = read('workflows = ["shop"]\nsandbox = false\ndrift = "warn"')
    changed = config.with_options(workflows=("other",), sandbox=True, drift=DriftPolicy.FAIL)
    assert (changed.workflows, changed.sandbox, changed.drift) == (("other",), True, DriftPolicy.FAIL)


@pytest.mark.parametrize(
    "options", [{"deadline": 0.0}, {"deadline": float("nan")}, {"processes": -1}, {"factory": "x"}]
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigInvalid):
        Config().with_options(**options)


def test_the_module_search_path_counts_from_the_project() -> None:
    config = read('python-path = ["src", "/opt/shared"]').absolute()
    assert config.python_path == ("/project/src", "/opt/shared")
