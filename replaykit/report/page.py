"""A page that loads nothing: its head with a policy by digests, text that stays text, and the style pages share."""

import base64
import hashlib
from html import escape

from replaykit.report.printable import plain

STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --dim: #57606a; --line: #c4cad1; --band: #f3f5f7;
  --bad: #a40e26; --badpaper: #ffebe9; --odd: #6b3fa0; --oddpaper: #f6efff; --good: #116329; --focus: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --paper: #10141a; --ink: #e6edf3; --dim: #a3adb8; --line: #454e59;
  --band: #1a2028; --bad: #ff9a91; --badpaper: #3c1618; --odd: #d2b3ff; --oddpaper: #2a1f3d; --good: #6fdd8b;
  --focus: #79c0ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 90rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; } dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; } p { margin: .3rem 0; overflow-wrap: anywhere; }
code, .mono, table { font-family: ui-monospace, monospace; font-size: .9rem; }
form { display: flex; flex-wrap: wrap; gap: 1rem; margin: .5rem 0; } label { display: grid; color: var(--dim); }
input, select, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
  border-radius: .3rem; padding: .25rem .5rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.scroll { overflow: auto; max-height: 80vh; border: 1px solid var(--line); }
table { border-collapse: collapse; }
th, td { padding: .2rem .5rem; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; } thead th { position: sticky; top: 0; background: var(--band); }
[hidden] { display: none !important; }
"""


def document(title: str, body: str, *, style: str, script: str) -> str:
    """Write a page around its body; the policy allows its own style and script, by their digests, and nothing else.

    Args:
        title: What it is, as it came.
        body: Its markup, in which no text of others is left that is not escaped.
        style: What it adds to the style that pages share.
        script: What runs once the body is there.
    """
    whole = STYLE + style
    policy = (
        f"default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src {_digest(whole)}; script-src {_digest(script)}"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{as_text(title)}</title>\n<style>{whole}</style>\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def as_text(text: str) -> str:
    """Write text that came from anywhere so that it is read as it is, in markup and in quoted attributes."""
    return escape(plain(text), quote=True)


def as_lines(text: str) -> str:
    """Write text of several lines as such."""
    return "<br>".join(as_text(line) for line in text.split("\n"))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
