"""Which files of code are the team's; asked without loading the SDK's worker, which not every command needs."""

import os
import sysconfig

import nexusrpc
import temporalio

_STDLIB = sysconfig.get_paths()["stdlib"]
_NOT_USER_CODE = (
    os.path.dirname(temporalio.__file__),  # noqa: PTH120 - prefixes to compare with co_filename
    os.path.dirname(nexusrpc.__file__),  # noqa: PTH120 - as above
    os.path.dirname(os.path.dirname(__file__)),  # noqa: PTH120 - as above: replaykit itself
    "<",  # <frozen …>, <string>
)


def is_user_file(path: str) -> bool:
    """Say whether a file of code is the team's, not the SDK's, the standard library's or replaykit's."""
    if path.startswith(_NOT_USER_CODE):
        return False
    return "site-packages" in path or not path.startswith(_STDLIB)
