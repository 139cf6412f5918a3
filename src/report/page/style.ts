/** Colours as pairs of light and dark, each with contrast enough for text of its kind on its ground. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --card: #f5f6f8; --line: #c9ced6; --text: #1b1f24; --quiet: #565d66; --link: #0a56b5;
  --good: #116329; --change: #7a4b00; --bad: #b3141b; --run: #0b5394; --add: #116329; --remove: #b3141b;
  --d-connect: #b9a3d8; --d-probe: #8d7ab5; --d-wait: #9aa2ad; --d-work: #cdd3db; --d-preflight: #6a9fb5; --d-drain: #e0913a;
  --d-change: #3b78c9; --d-handler: #7a52c7; --d-gate: #2f9e8f; --d-undrain: #5aa84a; --d-verify: #86b84a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --card: #1f242a; --line: #434b55; --text: #e6e9ed; --quiet: #a3acb7; --link: #86b9ff;
    --good: #6fd08c; --change: #f0b95e; --bad: #ff8a85; --run: #7cc0ff; --add: #6fd08c; --remove: #ff8a85;
    --d-connect: #8a74ad; --d-probe: #a591d1; --d-wait: #6c7580; --d-work: #3c444e; --d-preflight: #5b90a6;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem clamp(.75rem, 3vw, 2rem) 4rem; max-width: 90rem; background: var(--ground);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1rem 0 .35rem; }
small { font-weight: normal; color: var(--quiet); font-size: .85rem; }
a { color: var(--link); }
nav a { display: inline-block; padding: .25rem .6rem .25rem 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
pre, code { font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0; padding: .6rem .8rem; overflow-x: auto; overflow-wrap: normal; background: var(--card); border-radius: .4rem; tab-size: 4; }
pre.prose { white-space: pre-wrap; overflow-wrap: anywhere; }
.about { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: .5rem 0; font-size: .9rem; }
.about div { min-width: 0; }
.about dt { display: inline; color: var(--quiet); }
.about dt::after { content: ': '; }
.about dd { display: inline; margin: 0; }
.tiers { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.tier { padding: .1rem .9rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.order { margin: 0 0 .5rem; color: var(--quiet); font-size: .85rem; }
.hosts, .legend { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
.host { padding: .15rem .6rem; border: 1px solid var(--line); border-left: .3rem solid currentColor; border-radius: .3rem; background: var(--ground); }
.host b, .host small { color: var(--text); }
.o-ok { color: var(--good); } .o-changed, .o-planned { color: var(--change); } .o-failed, .o-unfinished { color: var(--bad); }
.o-skipped, .o-waiting { color: var(--quiet); }
.mark { white-space: nowrap; font-size: .85rem; }
.failure { margin: .6rem 0; border-left: .3rem solid var(--bad); }
.legend { gap: .2rem 1rem; margin-bottom: .6rem; font-size: .85rem; }
.legend svg { vertical-align: -2px; }
.row { display: grid; grid-template-columns: minmax(7rem, 14rem) minmax(0, 1fr); gap: .6rem; align-items: center; }
.row svg { display: block; overflow: visible; }
.axis text { fill: var(--quiet); font-size: .75rem; }
.lane { border-top: 1px solid var(--line); padding: .15rem 0; }
.lane > summary, .part > summary { cursor: pointer; }
.lane > summary { list-style: none; padding: .15rem 0; }
.lane > summary::-webkit-details-marker { display: none; }
.who::before { content: '▸ '; color: var(--quiet); }
.lane[open] .who::before { content: '▾ '; }
.tick { stroke: var(--line); stroke-dasharray: 2 3; }
rect { stroke: var(--ground); stroke-width: .5; }
.d-connect { fill: var(--d-connect); } .d-probe { fill: var(--d-probe); } .d-wait { fill: var(--d-wait); } .d-work { fill: var(--d-work); }
.d-preflight { fill: var(--d-preflight); } .d-drain { fill: var(--d-drain); } .d-change { fill: var(--d-change); }
.d-handler { fill: var(--d-handler); } .d-gate { fill: var(--d-gate); } .d-undrain { fill: var(--d-undrain); } .d-verify { fill: var(--d-verify); }
.is-failed { stroke: var(--bad); stroke-width: 2.5; } .is-open { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 3 2; }
.d-wait.is-failed, .d-work.is-failed { stroke: none; }
.load { border-top: 1px solid var(--line); padding: .3rem 0 0; } .load .who::before { content: ''; }
.load svg svg { overflow: visible; } path { fill: none; stroke-width: 2; } .c-requests { stroke: var(--run); } .c-errors { stroke: var(--bad); }
.f-requests { color: var(--run); } .f-errors { color: var(--bad); }
.figures { margin: 0 0 .6rem; font-size: .85rem; color: var(--quiet); }
.scroll { overflow-x: auto; margin: .3rem 0 .6rem; }
table { border-collapse: collapse; font-size: .85rem; overflow-wrap: normal; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:first-child { white-space: nowrap; }
.group { margin: 0 0 1.2rem; }
.part { margin: .1rem 0; }
.part > pre { margin: .2rem 0 .5rem 1.1rem; }
p.part { padding-left: 1.1rem; }
.t-add { color: var(--add); } .t-remove { color: var(--remove); } .t-change, .t-warn { color: var(--change); } .t-run { color: var(--run); }
.t-good { color: var(--good); } .t-bad { color: var(--bad); font-weight: 600; } .t-dim { color: var(--quiet); } .t-bold { font-weight: 600; }
@media (max-width: 40rem) { .row { grid-template-columns: minmax(0, 1fr); gap: 0; } .row.axis > span { display: none; } }
@media print { body { max-width: none; } .lane, .tier { break-inside: avoid; } }
`
