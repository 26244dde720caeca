"""Errors of options and of `[tool.replaykit]`."""

from replaykit.errors.problem import ReplaykitError


class ConfigError(ReplaykitError):
    """Options or `[tool.replaykit]` cannot be used as they stand."""

    slug = "config-error"


class ConfigInvalid(ConfigError):
    """A key or value of `[tool.replaykit]` is unknown or of the wrong type."""

    slug = "config-invalid"


class NothingConfigured(ConfigError):
    """Neither options nor `[tool.replaykit]` say what to work on."""

    slug = "nothing-configured"


class WorkflowsUnloadable(ConfigError):
    """No workflow could be loaded, so no history can be replayed."""

    slug = "workflows-unloadable"


class RedactionKeyInvalid(ConfigError):
    """The local key of pseudonyms is empty, too short, or cannot be read or made."""

    slug = "redaction-key-invalid"


class CodecUnloadable(ConfigError):
    """The data converter or the codec that the configuration names cannot be loaded."""

    slug = "codec-unloadable"
