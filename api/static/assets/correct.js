var e=1e4,t=e=>e.get(`/v1/tags/vocabulary`);function n(e,t,n,a){let o=n[t.tag]??[];return o.length?e`<form class="correct" @submit=${e=>{e.preventDefault();let n=i(new FormData(e.target),o,t);Object.keys(n).length&&a(n)}}>
${o.map(n=>e`<label>${n.label}${r(e,n,t)}</label>`)}
<button class="primary" type="submit">改成这样</button>
</form>`:e`<p class="hint">这一类标签没有可以改的内容, 请用 对 或 错。</p>`}function r(e,{name:t,kind:n,options:r},i){let o=a(i.value[t],n);return n===`choice`?e`<select name=${t}>
<option value="">–</option>
${r?.map(([t,n])=>e`<option value=${t} ?selected=${t===o}>${n}</option>`)}
</select>`:e`<input name=${t} type=${n===`date`||n===`time`||n===`text`?n:`number`} value=${o} step="any" autocomplete="off" />`}function i(e,t,n){let r={};for(let{name:i,kind:s}of t){let t=String(e.get(i)??``);t!==``&&t!==a(n.value[i],s)&&(r[i]=o(t,s))}return r}function a(t,n){return t==null?``:String(n===`yuan`?Number(t)/e:t)}function o(t,n){return n===`yuan`?Math.round(Number(t)*e):n===`percent`?Number(t):t}export{n as form,t as vocabulary};