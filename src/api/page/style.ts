/** Light and dark by the reader's choice. Eight hues for revisions; the number stands in every cell as well. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f6f8, #14161a);
  --card: light-dark(#ffffff, #1d2026);
  --line: light-dark(#d9dde3, #343943);
  --text: light-dark(#1b1f26, #e8eaee);
  --quiet: light-dark(#5b6472, #a0a8b4);
  --accent: light-dark(#2456c6, #8ab0ff);
  --on-accent: light-dark(#ffffff, #10131a);
  --good: light-dark(#14683a, #6fd39b);
  --warn: light-dark(#8a5200, #f0b95c);
  --bad: light-dark(#b3261e, #ff9a92);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 72rem; padding: 0 1.25rem 4rem; background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; align-items: center; gap: .9rem; padding: 1.1rem 0 .4rem; }
header form { margin-left: auto; }
h1 { margin: 0; font-size: 1.35rem; letter-spacing: -.01em; }
h2 { margin: 1.6rem 0 .6rem; font-size: 1.05rem; }
h3 { margin: 0; font-size: 1.05rem; }
p { margin: 0; }
code, pre, input { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em; }
.quiet { color: var(--quiet); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem; margin-bottom: .9rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: .7rem; }
.title { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; }
.serving { margin-left: auto; font-variant-numeric: tabular-nums; }
.pill { border: 1px solid currentColor; border-radius: 99px; padding: 0 .6rem; font-size: .8rem; color: var(--quiet); }
.pill[data-state=running], .pill[data-state=live] { color: var(--good); }
.pill[data-state=deploying], .pill[data-state=connecting], .pinned { color: var(--warn); }
.pill[data-state=failed], .pill[data-state=degraded] { color: var(--bad); }
.cells { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
.cell { min-width: 5.4rem; padding: .4rem .6rem; border: 2px solid var(--hue); border-radius: 8px; background: color-mix(in oklab, var(--hue) 18%, var(--card)); display: grid; font-size: .82rem; line-height: 1.3; }
.cell b { font-size: 1rem; font-variant-numeric: tabular-nums; }
.cell small { color: var(--quiet); }
.cell[data-phase=starting], .cell[data-phase=ready] { border-style: dashed; }
.cell[data-phase=draining] { border-style: dotted; background: repeating-linear-gradient(135deg, transparent 0 6px, color-mix(in oklab, var(--hue) 22%, transparent) 6px 12px); }
.cell[data-phase=stopped] { background: none; opacity: .75; }
.cell[data-phase=failed], .cell[data-phase=evidence], .cell[data-phase=quarantined] { border-color: var(--bad); border-style: double; border-width: 4px; padding: calc(.4rem - 2px) calc(.6rem - 2px); }
.cell[data-phase=failed] span, .cell[data-phase=evidence] span, .cell[data-phase=quarantined] span { color: var(--bad); font-weight: 600; }
@media (prefers-reduced-motion: no-preference) {
  .cell[data-phase=starting] { animation: breathe 1.4s ease-in-out infinite; }
  @keyframes breathe { 50% { opacity: .55; } }
}
.mark { border-left: .7rem solid var(--hue); padding-left: .45rem; font-weight: 600; }
.rev-0 { --hue: light-dark(#7a56c8, #a98bf0); }
.rev-1 { --hue: light-dark(#2b6fd6, #6fa5ff); }
.rev-2 { --hue: light-dark(#1c8a54, #52c98b); }
.rev-3 { --hue: light-dark(#c26a00, #f0a648); }
.rev-4 { --hue: light-dark(#c2366f, #f581ae); }
.rev-5 { --hue: light-dark(#0f8292, #4fc7d8); }
.rev-6 { --hue: light-dark(#7b7a10, #cfcd54); }
.rev-7 { --hue: light-dark(#a8442a, #f08f73); }
.progress { border-left: 4px solid var(--accent); padding: .1rem 0 .1rem .75rem; display: grid; gap: .25rem; overflow-wrap: anywhere; }
.progress[data-outcome=succeeded] { border-color: var(--good); }
.progress[data-outcome=failed], .progress[data-outcome=rolled-back] { border-color: var(--bad); }
.progress[data-outcome=paused], .progress[data-outcome=aborted], .progress[data-outcome=superseded] { border-color: var(--warn); }
.evidence { margin: 0; max-height: 14rem; overflow: auto; padding: .6rem .75rem; border-radius: 6px; background: var(--ground); white-space: pre-wrap; }
.problem { color: var(--bad); overflow-wrap: anywhere; }
.redeploy { display: flex; flex-wrap: wrap; align-items: end; gap: .6rem; }
.redeploy label { flex: 1 1 18rem; display: grid; gap: .2rem; }
.caption, label { font-size: .82rem; color: var(--quiet); }
input { width: 100%; padding: .45rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: var(--text); }
button { padding: .48rem 1rem; border: 1px solid var(--accent); border-radius: 6px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
button.plain { background: none; color: var(--accent); font-weight: 500; padding: .2rem .65rem; }
button:disabled { opacity: .55; cursor: progress; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
summary { cursor: pointer; color: var(--quiet); width: max-content; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; margin-top: .7rem; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .2rem; }
th { text-align: left; font-weight: 500; color: var(--quiet); }
th, td { padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; white-space: nowrap; }
td:last-child { white-space: normal; min-width: 7rem; }
#problem { position: fixed; inset: auto 1rem 1rem; padding: .8rem 1rem; border: 1px solid var(--bad); border-radius: 8px; background: var(--card); }
.login { min-height: 100vh; display: grid; place-content: center; padding: 1rem; }
.login .card { width: min(24rem, 100%); }
.login form { display: grid; gap: .7rem; }
`;
