"""The command that reproduces a finding works as pasted: it repeats the options that chose the code."""

from pathlib import PurePath

from replaykit.config import Config


def options_text(configured: Config, used: Config) -> str:
    """Write, as options of `replaykit replay`, where the settings in use differ from those configured."""
    words: list[str] = []
    if used.workflows != configured.workflows:
        words += [word for name in used.workflows for word in ("-w", quoted(name))]
    if used.factory != configured.factory:
        words += ["--factory", quoted(used.factory)]
    if used.data_converter != configured.data_converter:
        words += ["--data-converter", quoted(used.data_converter)]
    # Credentials for a codec server are left out: they belong into the environment.
    if used.codec != configured.codec and used.codec:
        words += ["--codec", quoted(used.codec)]
    if used.codec_endpoint != configured.codec_endpoint and used.codec_endpoint:
        words += ["--codec-endpoint", quoted(used.codec_endpoint)]
    if used.python_path != configured.python_path:
        words += [word for path in used.python_path for word in ("--python-path", quoted(path))]
    if used.sandbox != configured.sandbox:
        words.append("--sandbox" if used.sandbox else "--no-sandbox")
    if used.seeds != configured.seeds:
        words += ["--seeds", str(used.seeds)]
    if used.every_prefix and not configured.every_prefix:
        words.append("--every-prefix")
    if used.deadline != configured.deadline:
        words += ["--deadline", f"{used.deadline:g}"]
    return " ".join(words)


def relative(path: str, base: str) -> str:
    """Write a path as one standing in `base` would, where it lies below."""
    absolute = PurePath(base) / path
    return str(absolute.relative_to(base)) if absolute.is_relative_to(base) else path


def quoted(path: str) -> str:
    """Quote a word for a shell where it needs it."""
    safe = all(c.isalnum() or c in "/._-+=:@%," for c in path)
    return path if safe and path else "'" + path.replace("'", "'\"'\"'") + "'"
