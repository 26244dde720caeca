"""The style and the script of a sweep's page, as text, beside what all pages share."""

STYLE = """
tbody th { font-weight: normal; min-width: 16rem; overflow-wrap: anywhere; }
td button { min-width: 3rem; cursor: pointer; } .held { color: var(--good); } .none { color: var(--dim); }
.found { color: var(--bad); background: var(--badpaper); font-weight: bold; }
.unproven, .unreachable { color: var(--odd); background: var(--oddpaper); }
article { border-left: 4px solid var(--bad); padding-left: 1rem; margin: 1rem 0; }
article.unproven { border-color: var(--odd); background: none; color: inherit; }
article h3 { color: var(--bad); } article.unproven h3 { color: var(--odd); }
dialog { width: min(70rem, 95vw); max-height: 90vh; background: var(--paper); color: var(--ink);
  border: 1px solid var(--line); border-radius: .5rem; } dialog::backdrop { background: rgb(0 0 0 / .5); }
ol { list-style: none; padding: 0; margin: .5rem 0; } li { overflow-wrap: anywhere; white-space: pre-wrap; }
li.strike { color: var(--bad); font-weight: bold; } li.ledger { color: var(--odd); }
"""

SCRIPT = """
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('runs').textContent);
  const by = (id) => document.getElementById(id);
  const add = (parent, tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return parent.appendChild(made);
  };
  const panel = by('panel'), body = by('panel-body');
  const signs = {note: ' ', strike: '\\u26a1', ledger: '$'};
  const marks = ['note', 'strike', 'ledger'];
  const when = (at) => (at === null ? '' : (at / 1000).toFixed(2) + ' s').padStart(10);
  const show = (number) => {
    const run = data.runs[number], part = add(body, 'section', '');
    add(part, 'h3', data.texts[run.plan]);
    add(part, 'p', run.outcome + ' \\u2014 the run has ' + data.texts[run.ended]);
    for (const found of run.findings) {
      const [violation, what, why, fix] = found.map((each) => data.texts[each]);
      add(part, 'p', violation.toUpperCase() + ': ' + what, 'found');
      add(part, 'p', 'why: ' + why);
      add(part, 'p', 'fix: ' + fix);
    }
    if (run.lines === null) {
      add(part, 'p', 'It went as the baseline did, strikes aside: see the run without a fault.');
      return;
    }
    add(part, 'h4', 'Timeline and ledger');
    const list = add(part, 'ol', '', 'mono');
    for (const [at, mark, text] of run.lines) {
      const item = add(list, 'li', when(at) + '  ' + signs[marks[mark]] + ' ' + data.texts[text], marks[mark]);
      if (mark === 1) item.setAttribute('aria-label', 'struck: ' + item.textContent);
    }
    if (run.left) add(part, 'p', run.left + ' more lines are left out.');
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-runs]');
    if (button) {
      body.replaceChildren();
      by('panel-title').textContent = button.getAttribute('aria-label') || button.textContent;
      button.dataset.runs.split(',').forEach((number) => show(Number(number)));
      panel.showModal();
      panel.scrollTop = 0;
    }
    if (event.target === panel || event.target.id === 'close') panel.close();
  });
  const filters = ['outcome', 'group', 'text'].map(by);
  const filter = () => {
    const [outcome, group, text] = filters.map((field) => field.value.trim().toLowerCase());
    let shown = 0;
    const rows = document.querySelectorAll('tbody tr');
    for (const row of rows) {
      let any = false;
      for (const cell of row.querySelectorAll('td')) {
        const inGroup = !group || cell.dataset.groups.split(' ').includes(group);
        const matches = inGroup && (!outcome || cell.dataset.outcome.split(' ').includes(outcome));
        if (cell.dataset.column) cell.hidden = !inGroup;
        const button = cell.querySelector('button');
        if (button) button.hidden = !matches;
        any ||= matches && Boolean(button);
      }
      row.hidden = !any || !row.querySelector('th').textContent.toLowerCase().includes(text);
      shown += row.hidden ? 0 : 1;
    }
    for (const head of document.querySelectorAll('th[data-groups]'))
      head.hidden = Boolean(group) && head.dataset.groups !== group;
    by('count').textContent = shown + ' of ' + rows.length + ' rows shown';
  };
  filters.forEach((field) => field.addEventListener('input', filter));
  by('filters').addEventListener('submit', (event) => event.preventDefault());
  by('filters').addEventListener('reset', () => setTimeout(filter));
  filter();
})();
"""
