"""The style and the script of a gate's page, as text, beside what all pages share."""

STYLE = """
:root { --warn: #7a4700; --warnpaper: #fff5dd; }
@media (prefers-color-scheme: dark) { :root { --warn: #f0b95f; --warnpaper: #33260d; } }
a { color: var(--focus); } nav ul, .counts { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem;
  padding: 0; margin: .75rem 0; }
.verdict { font-size: 1.15rem; font-weight: 600; border-left: 6px solid var(--kind); padding: .5rem .75rem;
  background: var(--kindpaper); }
.passed, .safe { --kind: var(--good); --kindpaper: var(--band); } .drifted { --kind: var(--warn);
  --kindpaper: var(--warnpaper); }
.blocked, .unsafe, .failed { --kind: var(--bad); --kindpaper: var(--badpaper); }
.intrinsic, .unverified, .odd { --kind: var(--odd); --kindpaper: var(--oddpaper); }
.word { color: var(--kind); font-weight: 600; white-space: nowrap; }
.counts li { border: 1px solid var(--line); border-radius: .3rem; padding: .1rem .6rem; }
details.finding { border: 1px solid var(--line); border-left: 6px solid var(--kind); border-radius: .3rem;
  margin: .75rem 0; }
details.finding > summary { padding: .5rem .75rem; background: var(--band); } summary { cursor: pointer; }
details.finding > summary h3 { display: inline; margin: 0; } summary .cause { display: block; padding-left: 1.1rem;
  overflow-wrap: anywhere; }
.body { padding: .5rem 1rem 1rem; } .body h4 { margin: 1rem 0 .25rem; font-size: .95rem; }
.body, .first { scroll-margin-block: 5rem; }
.dim, caption { color: var(--dim); } caption { text-align: left; padding: .25rem .5rem;
  font-family: system-ui, sans-serif; }
.sides { width: 100%; table-layout: fixed; } .sides th:first-child { width: 12rem; }
td { overflow-wrap: break-word; } .sides td, tbody th { overflow-wrap: anywhere; }
tbody th { font-weight: normal; min-width: 9rem; } form { align-items: end; }
.place { display: block; color: var(--dim); font-size: .8rem; }
.sides .first > * { border-top: 3px solid var(--bad); border-bottom: 3px solid var(--bad); }
.sides .first td { font-weight: bold; } .sides .first > *, .sides .differs td { background: var(--badpaper); }
.first .dim, .first .place, .differs .dim, .differs .place { color: var(--ink); }
.mark { display: block; white-space: nowrap; color: var(--bad); font-weight: bold; }
pre { margin: .5rem 0; padding: .5rem .75rem; background: var(--band); border: 1px solid var(--line); overflow: auto;
  font-family: ui-monospace, monospace; font-size: .9rem; } pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
.lines { columns: 22rem; } .body ul, .body ol { margin: .25rem 0; } .wide { width: 100%; }
.spaced { white-space: pre-wrap; } h3 + ul { margin-top: .25rem; }
@media print { details.finding > .body { break-inside: avoid; } }
"""

SCRIPT = """
'use strict';
(() => {
  const by = (id) => document.getElementById(id);
  // What is opened shows its first difference, wherever its head stood.
  for (const finding of document.querySelectorAll('details.finding')) {
    finding.querySelector('summary').addEventListener('click', () => setTimeout(() => {
      const first = finding.querySelector('.first');
      if (finding.open && first) first.scrollIntoView({block: 'nearest'});
    }));
  }
  const form = by('filters');
  if (!form) return;
  const rows = [...document.querySelectorAll('#histories tbody tr')];
  const fields = [by('standing'), by('text')];
  const filter = () => {
    const [standing, text] = fields.map((field) => field.value.trim().toLowerCase());
    let shown = 0;
    for (const row of rows) {
      row.hidden = Boolean(standing && row.dataset.standing !== standing)
        || !row.textContent.toLowerCase().includes(text);
      shown += row.hidden ? 0 : 1;
    }
    by('count').textContent = shown + ' of ' + rows.length + ' histories shown';
  };
  fields.forEach((field) => field.addEventListener('input', filter));
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  form.hidden = false;
  filter();
})();
"""
