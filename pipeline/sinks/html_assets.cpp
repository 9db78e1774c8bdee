// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/html_page.hpp"

namespace fovea::pipeline {

const std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#15181d;--soft:#5b6472;--line:#e3e6eb;
--track:#eceff3;--accent:#3454d1;--accent-soft:#e3e8fb;--good:#16803c;--fair:#a86100;--bad:#c2303a;--shade:0 1px 2px #1018280d,0 1px 3px #1018281a}
@media(prefers-color-scheme:dark){:root{--bg:#0f1216;--card:#181c22;--ink:#e8ebf0;--soft:#97a1b0;--line:#2a303a;
--track:#262c36;--accent:#8fa6ff;--accent-soft:#232c4d;--good:#58c07b;--fair:#dda04a;--bad:#f0727a;--shade:0 1px 2px #0006}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1180px;margin:0 auto;padding:28px 20px 56px}
h1{font-size:clamp(1.5rem,4vw,2.1rem);line-height:1.2;letter-spacing:-.02em;margin:.15em 0 .2em;text-wrap:balance}
h2{font-size:1.05rem;margin:0 0 12px;letter-spacing:-.005em}
p{margin:.3em 0}.soft{color:var(--soft)}.small{font-size:.86rem}
.eyebrow{display:flex;align-items:center;gap:8px;color:var(--accent);font-weight:650;font-size:.86rem;letter-spacing:.02em}
.panel{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shade);padding:18px 20px;min-width:0}
.banner{border-left:4px solid var(--fair);margin:16px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:20px 0 16px;padding:0;list-style:none}
.tiles .panel{padding:12px 16px}.tiles b{display:block;font-size:1.5rem;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.84rem}.tiles .alarm b{color:var(--bad)}
.charts{display:grid;grid-template-columns:minmax(0,1.15fr) minmax(0,1fr);gap:16px}
.side{display:grid;gap:16px;align-content:start}
section+.charts{margin-top:28px}
@media(max-width:760px){.charts{grid-template-columns:minmax(0,1fr)}main{padding:20px 14px 40px}}
button,input,select,summary{font:inherit;color:inherit}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.bar{display:grid;grid-template-columns:minmax(84px,32%) 1fr 4.2em;gap:10px;align-items:center;min-height:36px;padding:3px 8px;margin:0 -8px;border:0;border-radius:8px;background:none;text-align:left;cursor:pointer;width:calc(100% + 16px)}
.bar:hover{background:var(--track)}.bar[aria-pressed=true]{background:var(--accent-soft)}
.bar .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar .num{text-align:right;font-variant-numeric:tabular-nums;color:var(--soft)}
.track{display:block;height:10px;border-radius:5px;background:var(--track);overflow:hidden}
.track i{display:block;height:100%;border-radius:5px;background:var(--accent);width:calc(var(--v)*100%);min-width:3px}
details summary{cursor:pointer;color:var(--soft);padding:6px 0}
svg{display:block;width:100%;height:auto;overflow:visible}svg rect{fill:var(--accent)}svg text{fill:var(--soft);font-size:11px}svg line{stroke:var(--line)}
.split{display:flex;height:12px;gap:2px;margin:4px 0 10px}.split i{background:var(--accent);border-radius:3px;flex:var(--v) 1 0;min-width:3px}
.split i:nth-child(2){opacity:.62}.split i:nth-child(3){opacity:.34}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0;padding:0;list-style:none;font-size:.86rem;color:var(--soft)}
.key i{display:inline-block;width:10px;height:10px;border-radius:3px;background:var(--accent);margin-right:6px}
.key li:nth-child(2) i{opacity:.62}.key li:nth-child(3) i{opacity:.34}.key b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
section{margin-top:28px}
.tools{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin-bottom:14px}
.tools h2{margin:0 auto 0 0}
.tools input,.tools select,.tools button{min-height:38px;padding:6px 12px;border:1px solid var(--line);border-radius:9px;background:var(--card)}
.tools input{flex:0 1 220px;min-width:0}.tools button{background:var(--accent-soft);border-color:transparent;cursor:pointer}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(158px,1fr));gap:12px;margin:0;padding:0;list-style:none}
@media(max-width:430px){.cards{grid-template-columns:repeat(2,minmax(0,1fr))}.tools input{flex:1 1 100%}}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;box-shadow:var(--shade);content-visibility:auto;contain-intrinsic-size:auto 250px;font-size:.9rem}
.card[hidden]{display:none}
.card .pic{display:grid;place-items:center;aspect-ratio:1;background:var(--track);color:var(--soft);text-decoration:none}
.card img{width:100%;height:100%;object-fit:contain}.card img.tiny{image-rendering:pixelated}
.card .text{padding:9px 11px 11px}
.card .best{display:flex;justify-content:space-between;gap:8px;font-weight:620}
.card .best bdi,.card .file,.card .next bdi{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.card .best span,.card .next span{flex:none;font-variant-numeric:tabular-nums}
.card .track{height:5px;margin:5px 0 6px}.good i{background:var(--good)}.fair i{background:var(--fair)}.poor i{background:var(--bad)}
.card .next{display:flex;justify-content:space-between;gap:8px;color:var(--soft);font-size:.82rem}
.card .file{display:block;color:var(--soft);font-size:.8rem;margin-top:5px;border-top:1px solid var(--line);padding-top:5px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0;border-bottom:1px solid var(--line)}
tr:last-child>*{border-bottom:0}
th{font-weight:600;color:var(--soft);white-space:nowrap}th.num{text-align:right;padding-right:0}td{overflow-wrap:anywhere}td.num{white-space:nowrap;text-align:right;padding-right:0;font-variant-numeric:tabular-nums}
pre{overflow-x:auto;background:var(--track);border-radius:9px;padding:12px 14px;font-size:.84rem;line-height:1.45}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
@media print{.tools input,.tools select,.tools button{display:none}.panel,.card{box-shadow:none;break-inside:avoid}}
)css";

const std::string_view kPageScript = R"js(
(() => {
  const $ = (s) => [...document.querySelectorAll(s)];
  const list = document.getElementById('cards');
  if (!list) return;
  const cards = [...list.children];
  const bars = $('.bar'), clear = document.getElementById('clear');
  const find = document.getElementById('find'), order = document.getElementById('order');
  const shown = document.getElementById('shown'), none = document.getElementById('none');
  const score = (card) => Number(card.dataset.s);
  const file = (card) => card.dataset.n;
  const orders = {
    run: null,
    low: (a, b) => score(a) - score(b),
    high: (a, b) => score(b) - score(a),
    name: (a, b) => file(a).localeCompare(file(b), undefined, {numeric: true}),
  };
  let only = null;
  const apply = () => {
    const text = find.value.trim().toLowerCase();
    let count = 0;
    for (const card of cards) {
      const fits = (only === null || card.dataset.c.split(' ').includes(only)) &&
                   (!text || file(card).toLowerCase().includes(text));
      card.hidden = !fits;
      count += fits;
    }
    for (const bar of bars) bar.setAttribute('aria-pressed', String(bar.dataset.c === only));
    clear.hidden = only === null && !text;
    none.hidden = count > 0;
    shown.textContent = count === cards.length ? '' : count + ' of ' + cards.length + ' shown';
  };
  for (const bar of bars) bar.addEventListener('click', () => {
    only = only === bar.dataset.c ? null : bar.dataset.c;
    apply();
  });
  const reset = () => { only = null; find.value = ''; apply(); };
  clear.addEventListener('click', reset);
  find.addEventListener('input', apply);
  order.addEventListener('change', () => {
    const by = orders[order.value];
    list.append(...(by ? [...cards].sort(by) : cards));
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') reset();
    if (event.key === '/' && event.target !== find) { event.preventDefault(); find.focus(); }
  });
  find.value = '';
  order.value = 'run';
  for (const tool of $('.needs-script')) tool.hidden = false;
})();
)js";

}  // namespace fovea::pipeline
