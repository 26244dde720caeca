"""The environment variables that temporalio.envconfig reads; an option of the same name overrides each."""

ADDRESS = "TEMPORAL_ADDRESS"
NAMESPACE = "TEMPORAL_NAMESPACE"
PROFILE = "TEMPORAL_PROFILE"
CONFIG_FILE = "TEMPORAL_CONFIG_FILE"
