"""Each module is compiled once a process, however often the sandbox imports it anew."""

import functools
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import CodeType


@functools.cache
def remember_code() -> None:
    """Let imports from now on take a file's code from memory, where this process has compiled it; once is enough.

    The SDK's sandbox runs the code of workflow modules again for each run, and that stays; where no bytecode may be
    left behind it would compile them again, too, which takes longer than to run them.
    """
    codes: dict[str, CodeType | None] = {}

    class Remembering(SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType | None:
            if self.path not in codes:
                codes[self.path] = super().get_code(fullname)
            return codes[self.path]

    sys.path_hooks.insert(
        0,
        FileFinder.path_hook(
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (Remembering, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        ),
    )
    sys.path_importer_cache.clear()
