import{a as e,i as t,r as n,s as r,u as i}from"./page.js";import{i as a,n as o,t as s}from"./session.js";import{a as c,r as l}from"./load.js";import{u}from"./text.js";import{i as d,t as f}from"./toast.js";var p=()=>new URLSearchParams(location.search);function m(e,t=!1){let n=p();for(let[t,r]of Object.entries(e))r?n.set(t,r):n.delete(t);let r=n.toString(),i=`${location.pathname}${r?`?${r}`:``}${location.hash}`;t?history.pushState(null,``,i):history.replaceState(null,``,i)}var h={advisor:`投资顾问`,manager:`管理者`,compliance:`合规`,admin:`系统管理员`,ingest:`接入程序`},g={overdue:`逾期`,escalated:`升级`,maturity:`到期`,profile_expiry:`测评`},_=[[`advisor`,`/advisor`,`客户`,[`advisor`,`manager`,`compliance`,`admin`]],[`manager`,`/manager`,`跟进`,[`advisor`,`manager`,`compliance`,`admin`]],[`playbooks`,`/playbooks`,`规则`,[`manager`,`compliance`,`admin`]],[`system`,`/system`,`运行`,[`manager`,`admin`]]],v=class extends t{static{this.styles=[n,c,i` :host{display: flex;flex-direction: column;min-height: 100vh}header{position: sticky;top: 0;z-index: 10;display: flex;align-items: center;gap: 4px 18px;flex-wrap: wrap;padding: 0 18px;min-height: 46px;background: var(--dk-paper);border-bottom: 1px solid var(--dk-line)}.brand{display: flex;gap: 8px;align-items: center;font-weight: bold;font-size: 16px;color: inherit;text-decoration: none}.brand span{display: grid;place-items: center;width: 26px;height: 26px;border-radius: 7px;background: var(--dk-brand);color: var(--dk-on-brand);font-size: 14px}nav{display: flex;gap: 2px;align-self: stretch}nav a{display: flex;align-items: center;padding: 0 12px;color: var(--dk-soft);text-decoration: none;border-bottom: 2px solid transparent;min-height: 44px}nav a:hover{color: var(--dk-ink)}nav a[aria-current]{color: var(--dk-brand);border-color: var(--dk-brand);font-weight: bold}main{flex: 1;display: flex;flex-direction: column;min-height: 0}.skip{position: absolute;left: -999px}.skip:focus{left: 8px;top: 8px;background: var(--dk-paper);padding: 6px 12px;z-index: 20}.who{display: flex;gap: 4px;align-items: center;margin-left: auto}@media (max-width: 600px){.who .hint{display: none}header{padding: 0 10px}nav a{padding: 0 9px}}`]}static{this.properties={here:{},who:{state:!0},fault:{state:!0}}}constructor(){super(),this.who=null,this.fault=``,o().then(e=>this.who=e,e=>this.fault=e.message)}render(){let t=this.who;return r`
<a class="skip" href="#main" @click=${this.skip}>跳到内容</a>
<header>
<a class="brand" href="/advisor"><span aria-hidden="true">懂</span>懂客</a>
<nav aria-label="页面">
${_.filter(([,,,e])=>!t||e.includes(t.role)).map(([t,n,i])=>r`<a href=${n} aria-current=${t===this.here?`page`:e}>${i}</a>`)}
</nav>
<div class="who">
<button class="quiet" @click=${this.notices}>提醒</button>
${t?r`<span class="hint">${[t.branch_name,t.advisor_name??t.login,h[t.role]].filter(Boolean).join(` · `)}</span>`:e}
<button class="quiet" @click=${()=>void a().catch(f)}>退出</button>
</div>
</header>
<main id="main" tabindex="-1">${this.fault?l(this.fault,()=>location.reload()):e}<slot></slot></main>
`}skip(e){e.preventDefault(),this.renderRoot.querySelector(`main`).focus()}async notices(){try{let e=await s.get(`/v1/notices?limit=100`);d(`提醒`,e.items.length?r`<table class="notices">${e.items.map(y)}</table>`:r`<p class="empty">没有提醒。</p>`)}catch(e){f(e)}}},y=e=>r`<tr>
<td class="hint">${u(e.made_at)}</td>
<td><span class="badge ${e.kind===`overdue`||e.kind===`escalated`?`bad`:``}">${g[e.kind]??e.kind}</span></td>
<td><a href="/advisor#${encodeURIComponent(e.customer_id)}">${e.customer_name||e.customer_id}</a></td>
<td>${e.text.replace(/ \(客户 [^)]*\)$/,``)}</td>
</tr>`;customElements.define(`dk-shell`,v);export{p as n,m as t};