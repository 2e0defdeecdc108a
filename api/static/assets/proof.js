function e(e,r,i,a,o,s){return e`<div class="proof">
${a}
<ul>${n(i.evidence).map(n=>t(e,r,n,o))}</ul>
${i.support.map(t=>e`<p class="hint">佐证: ${t.text}</p>`)}
${i.reason?e`<p class="hint">${i.reason}</p>`:``}
${i.suitability?e`<p class="hint">适当性: ${i.suitability.text}</p>`:``}
<details class="hint"><summary>${i.source_text} · 可信度 ${Math.round(i.confidence*100)}%</summary>${i.explanation.text}</details>
${s?e`<button class="quiet" @click=${s}>这条不再显示 (客户不愿意)</button>`:``}
</div>`}function t(e,t,n,r){let i=n.sentence?.indexOf(n.quote)??-1,a=n.sentence&&i>=0?e`${n.sentence.slice(0,i)}<mark>${n.quote}</mark>${n.sentence.slice(i+n.quote.length)}`:e`<mark>${n.quote}</mark>`;return e`<li>
<button class="quote ${n.speaker}" @click=${()=>r(n)}>
<span>${n.audio?e`<span class="play" aria-label="播放">▶</span>`:``}${a}</span>
<span class="hint">${n.speaker===`customer`?`客户`:`投顾`} · ${t(n.said_at)}${n.demo?` · 演示模型`:``}</span>
</button>
</li>`}function n(e){let t=new Map;for(let n of e){let e=`${n.conversation_id} ${n.utterance}`;(t.get(e)?.quote.length??-1)<n.quote.length&&t.set(e,n)}return[...t.values()].sort((e,t)=>e.conversation_id===t.conversation_id?Number(t.speaker===`customer`)-Number(e.speaker===`customer`)||e.utterance-t.utterance:t.said_at.localeCompare(e.said_at))}export{e as proof};