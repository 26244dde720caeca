"""What a replay process hears of reading: all of it counts from then on, and code is compiled once."""

from tests.project import Project

HEARD = """
import json, sys
sys.path.insert(0, "")
from pathlib import Path
from replaykit.adapters.touched import Touched
touched = Touched()
def told():
    return sorted(Path(file).name for file in touched.read().files)
said = [told()]
import words
said.append(told())
with touched.apart_from(str(Path("history.json").resolve())):
    Path("history.json").resolve().read_text()
said.append(told())
Path("cents.txt").read_text()
with touched.apart_from(str(Path("cents.txt").resolve())):
    Path("cents.txt").resolve().read_text()
said.append(told())
said.append(told())
said.append(bool(touched.read().doubts))
Path(".").iterdir().__next__()
said += [bool(touched.read().doubts), bool(touched.read().doubts)]
print(json.dumps(said))
"""
REMEMBERED = """
import sys
sys.path.insert(0, "")
from pathlib import Path
from replaykit.adapters.code_memory import remember_code
remember_code()
import words
Path("words.py").write_text("HELLO = 'other'")
first = sys.modules.pop("words")
import words
print(words is first, words.HELLO)
"""
FILES = {"words.py": "HELLO = 'hello'\n", "cents.txt": "4200", "history.json": "{}"}


def test_what_was_read_once_counts_for_all_that_follows_and_histories_do_not() -> None:
    result = Project(FILES).run_python(HEARD)

    assert result.code == 0, result.stderr
    assert result.stdout.strip() == (
        '[[], ["words.py"], ["words.py"], ["cents.txt", "words.py"], ["cents.txt", "words.py"], false, true, true]'
    )


def test_a_module_is_run_anew_and_compiled_once() -> None:
    result = Project(FILES).run_python(REMEMBERED)

    assert result.stdout.strip() == "False hello", result.stderr
