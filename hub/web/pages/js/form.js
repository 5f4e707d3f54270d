// What a server wants to know: a form, or a link to open. The same for the caller's page and the dashboard.
import { html, useState } from "./dom.js";

const INPUTS = { email: "email", uri: "url", date: "date", "date-time": "datetime-local" };

function inputType(field) {
  if (field.secret) return "password";
  return field.kind === "text" ? INPUTS[field.format] || "text" : "number";
}

/** What is in a field before somebody touches it: what was said already, else the default. */
const known = (field) => field.value ?? field.default ?? (field.kind === "boolean" && field.required ? false : undefined);

function Choices({ field, value, onValue }) {
  const chosen = Array.isArray(value) ? value : [];
  const toggled = (one) => onValue(field.choices.map((choice) => choice.value).filter((each) => (each === one) !== chosen.includes(each)));
  return html`
    <fieldset><legend>${field.label}</legend>
      ${field.choices.map((choice) => html`<label class="check"><input type="checkbox" checked=${chosen.includes(choice.value)} onChange=${() => toggled(choice.value)} />${choice.title}</label>`)}
    </fieldset>
  `;
}

function Input({ field, value, onValue }) {
  const id = `form-${field.name}`;
  if (field.kind === "boolean") return html`<label class="check"><input id=${id} type="checkbox" checked=${value === true} onChange=${(event) => onValue(event.target.checked)} />${field.label}</label>`;
  if (field.kind === "choices") return html`<${Choices} field=${field} value=${value} onValue=${onValue} />`;
  if (field.kind === "choice") {
    return html`<label for=${id}>${field.label}</label>
      <select id=${id} required=${field.required} onChange=${(event) => onValue(event.target.value || undefined)}>
        <option value="" selected=${value === undefined}>Choose…</option>
        ${field.choices.map((choice) => html`<option value=${choice.value} selected=${choice.value === value}>${choice.title}</option>`)}
      </select>`;
  }
  const number = field.kind !== "text";
  const typed = (text) => onValue(text === "" ? undefined : number ? Number(text) : text);
  return html`<label for=${id}>${field.label}${field.required ? "" : " (optional)"}</label>
    <input id=${id} type=${inputType(field)} value=${value ?? ""} required=${field.required} autocomplete="off" spellcheck="false"
      step=${field.kind === "number" ? "any" : undefined} min=${number && !field.secret ? field.least : undefined} max=${number && !field.secret ? field.most : undefined}
      inputmode=${number ? "decimal" : undefined} onInput=${(event) => typed(event.target.value)} />`;
}

function Refusals({ send, busy, label }) {
  return html`<button type="button" id="form-decline" disabled=${busy} onClick=${() => send("decline")}>${label}</button>`;
}

function Link({ form, send, busy }) {
  return html`
    <p>It leads to <strong id="form-host" class="host">${form.host}</strong></p>
    <p class="soft small address">${form.url}</p>
    <div class="row end">
      <${Refusals} send=${send} busy=${busy} label="Do not open it" />
      <a class="button primary" id="form-open" href=${form.url} target="_blank" rel="noopener noreferrer" onClick=${() => send("accept")}>Open ${form.host}</a>
    </div>
  `;
}

function Fields({ form, send, busy }) {
  const [typed, setTyped] = useState({});
  const value = (field) => (field.name in typed ? typed[field.name] : known(field));
  const submit = (event) => {
    event.preventDefault();
    const filled = form.fields.map((field) => [field.name, value(field)]).filter(([, given]) => given !== undefined);
    if (!busy) send("accept", Object.fromEntries(filled));
  };
  return html`
    <form class="stack tight" onSubmit=${submit}>
      ${form.fields.map((field) => html`
        <div class="field" key=${field.name}>
          <${Input} field=${field} value=${value(field)} onValue=${(given) => setTyped({ ...typed, [field.name]: given })} />
          ${field.description && html`<p class="soft small">${field.description}</p>`}
          ${field.secret && html`<p class="soft small">Secret: it goes to ${form.server} only. It is not kept, and no model sees it.</p>`}
        </div>`)}
      <div class="row end">
        <${Refusals} send=${send} busy=${busy} label="No, leave it" />
        <button type="submit" id="form-send" class="primary" disabled=${busy}>${form.fields.length ? "Send" : "Yes, go ahead"}</button>
      </div>
    </form>
  `;
}

/** `send(decision, content)`: accept, decline. */
export function ServerForm({ form, send, busy }) {
  return html`
    <h2 id="form-title"><span class="server">${form.server}</span> asks</h2>
    <p class="asked">${form.message}</p>
    ${form.url ? html`<${Link} form=${form} send=${send} busy=${busy} />` : html`<${Fields} form=${form} send=${send} busy=${busy} />`}
  `;
}
