// The dashboard: one document, three pages, and one word on whether the hub is still there.
import { html, render, useState, useStore } from "../dom.js";
import { CallPage } from "./call_page.js";
import { Home } from "./home.js";
import { listen, place } from "./router.js";
import { ServerPage } from "./server_page.js";

function Connection({ connection }) {
  if (connection.is !== "lost") return html`<div role="status" id="connection"></div>`;
  return html`<div role="status" id="connection" class="lost">The connection to the hub is lost. Reconnecting…</div>`;
}

/** The hub answers, but not with what was asked for. */
function RefusedPage({ error }) {
  const out = error.status === 401;
  return html`
    <div class="card narrow stack" role="alert">
      <h1>${out ? "This browser is not signed in any more" : error.message}</h1>
      <p>${out ? "Get a fresh link in a terminal on the machine where the hub runs:" : error.nextStep}</p>
      ${out ? html`<pre><code>hub open</code></pre>` : html`<p><a href="/">To the overview</a></p>`}
    </div>
  `;
}

function Page({ at, tell }) {
  if (at.kind === "calls" && at.name) return html`<${CallPage} key=${at.name} id=${at.name} tell=${tell} />`;
  if (at.kind === "servers" && at.name) return html`<${ServerPage} key=${at.name} name=${at.name} tell=${tell} />`;
  return html`<${Home} tell=${tell} />`;
}

function Dashboard() {
  const at = useStore(place);
  const where = `${at.kind}/${at.name}`;
  const [told, setTold] = useState({ where: "", is: "connecting" });
  const connection = told.where === where ? told : { is: "connecting" };
  document.body.dataset.connection = connection.is;
  return html`
    <${Connection} connection=${connection} />
    <header class="top"><a class="brand" href="/">voice hub</a>${at.kind !== "home" && html`<a class="small" href="/">Overview</a>`}</header>
    <main>
      ${connection.is === "refused"
        ? html`<${RefusedPage} error=${connection.error} />`
        : html`<${Page} key=${where} at=${at} tell=${(now) => setTold({ where, ...now })} />`}
    </main>
  `;
}

listen();
render(html`<${Dashboard} />`, document.getElementById("page"));
