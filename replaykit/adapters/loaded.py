"""Objects that the configuration names as `module:object` are loaded, or built where they are built."""

import importlib
import sys
from typing import TypeVar

from replaykit.adapters.user_files import is_user_file
from replaykit.config import Config
from replaykit.errors import CodecUnloadable

T = TypeVar("T")

# Errors whose text names modules, names and lines. That of others may hold what the code was working on: a key.
_TELLING = (ImportError, NameError, AttributeError, SyntaxError)
# At import there is no payload yet, and these name the variable or the file that is missing.
_TELLING_AT_IMPORT = (KeyError, FileNotFoundError)


def load_object(config: Config, key: str, name: str, wanted: type[T]) -> T:
    """Load what a key of the configuration names.

    Args:
        config: Says where modules are found.
        key: The key, for errors.
        name: `package.module:object`: an instance of `wanted`, or a class or function without arguments that gives one.
        wanted: The class that it must be of.

    Raises:
        CodecUnloadable: It cannot be imported, cannot be built, or is something else.
    """
    sys.path[:0] = [path for path in config.python_path if path not in sys.path]
    module_name, _, attributes = name.partition(":")
    try:
        found: object = importlib.import_module(module_name)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
        made = found() if callable(found) and not isinstance(found, wanted) else found
    except Exception as error:  # noqa: BLE001 - importing and building runs the team's code
        raise CodecUnloadable(
            f"The {key} {name} cannot be loaded.",
            cause=told(error, telling=_TELLING + _TELLING_AT_IMPORT),
            fix=f"python -c 'import {module_name}'   (found through [tool.replaykit] python-path; "
            "keys and settings it reads must be there)",
        ) from None
    if not isinstance(made, wanted):
        raise CodecUnloadable(
            f"The {key} {name} is no {wanted.__name__}.",
            cause=f"it is or returns {type(made).__name__}",
            fix=f"name a {wanted.__name__} of temporalio.converter, or what gives one when called without arguments",
        )
    return made


def told(error: BaseException, *, telling: tuple[type[BaseException], ...] = _TELLING) -> str:
    """Write an exception's type and place in the team's code, with its text where that is of a `telling` type."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, telling) else type(error).__name__
    place = ""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_user_file(code.co_filename) and "importlib" not in code.co_filename:
            place = f" ({code.co_filename}, line {traceback.tb_lineno}, in {code.co_name})"
        traceback = traceback.tb_next
    return text + place
