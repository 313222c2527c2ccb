"use strict";
// The page that shows /api/openapi.json and lets people try it. All text goes in
// as text, never as HTML: names and answers come from outside.

let doc; // the document
const byId = (id) => document.getElementById(id);

// el makes an element; children are elements or texts.
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) e.setAttribute(name, "");
    else if (value !== false && value != null) e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c != null));
  return e;
}

// past is a schema without the choice of null.
const past = (schema) => schema && schema.anyOf ? schema.anyOf.find((s) => s.type !== "null") || schema : schema;

function at(schema) {
  schema = past(schema);
  while (schema && schema.$ref) schema = doc.components.schemas[schema.$ref.split("/").pop()];
  return schema || {};
}

const kinds = (schema) => [].concat(schema.type || []).filter((t) => t !== "null");
const nullable = (schema) => [].concat(schema.type || []).includes("null");

// nameOf tells a schema's kind in a few words.
function nameOf(raw) {
  const s = at(raw);
  let name = kinds(s)[0] || "anything";
  if (name === "array") name = "list of " + nameOf(s.items);
  else if (past(raw).$ref) name = past(raw).$ref.split("/").pop();
  else if (s.format && name === "string") name = s.format;
  return name + (nullable(s) || raw.anyOf ? " or null" : "");
}

// bounds tells what a value must be.
function bounds(schema) {
  const s = at(schema), items = s.items ? at(s.items) : s, out = [];
  if (items.enum) out.push(items.enum.filter((v) => v !== "").join(", "));
  if (s.minimum != null && s.maximum != null) out.push(s.minimum + " to " + s.maximum);
  else if (s.minimum != null) out.push("at least " + s.minimum);
  else if (s.maximum != null) out.push("at most " + s.maximum);
  if (s.maxLength != null) out.push("at most " + s.maxLength + " characters");
  if (s.maxItems != null) out.push("at most " + s.maxItems);
  if (s.pattern) out.push("as " + s.pattern);
  if (s.default != null) out.push("default " + s.default);
  return out.join("; ");
}

// sample makes a value that shows the form.
function sample(raw, depth = 0) {
  const s = at(raw);
  if (s.examples && s.examples.length) return s.examples[0];
  if (s.default != null) return s.default;
  if (s.enum) return s.enum[0];
  if (s.oneOf || s.anyOf) return sample((s.oneOf || s.anyOf)[0], depth + 1);
  switch (kinds(s)[0]) {
    case "integer": case "number": return s.minimum || 0;
    case "boolean": return false;
    case "array": return depth > 4 ? [] : [sample(s.items, depth + 1)];
    case "string": return s.format === "date-time" ? "2026-11-23T02:00:00Z" : "";
  }
  const out = {};
  for (const [name, p] of Object.entries(s.properties || {})) if (depth < 5) out[name] = sample(p, depth + 1);
  return out;
}

// members is a table of what an object holds, two levels deep.
function members(raw, prefix = "", depth = 0) {
  const s = at(raw), rows = [];
  const inner = kinds(s)[0] === "array" ? at(s.items) : s;
  for (const [name, p] of Object.entries(inner.properties || {})) {
    const required = (inner.required || []).includes(name);
    const told = [p.description || at(p).description, bounds(p)].filter(Boolean).join(": ");
    rows.push(el("tr", {}, el("td", {}, prefix + name), el("td", {}, nameOf(p) + (required ? "" : ", may be left out")), el("td", {}, told)));
    const deep = kinds(at(p))[0] === "array" ? at(at(p).items) : at(p);
    if (deep.properties && depth < 2) rows.push(...members(deep, prefix + name + (kinds(at(p))[0] === "array" ? "[]." : "."), depth + 1));
  }
  return rows;
}

function field(id, p) {
  const s = at(p.schema), items = kinds(s)[0] === "array" ? at(s.items) : s;
  let input;
  const choices = items.enum || (kinds(s)[0] === "boolean" ? ["true", "false"] : null);
  if (choices && kinds(s)[0] !== "array") {
    input = el("select", { id, name: p.name }, el("option", { value: "" }, ""), ...choices.map((c) => el("option", { value: c }, String(c))));
  } else {
    const example = s.examples && s.examples[0];
    input = el("input", { id, name: p.name, type: "text", autocomplete: "off", spellcheck: "false",
      inputmode: kinds(s)[0] === "integer" ? "numeric" : null, placeholder: example != null ? String(example) : s.format === "date-time" ? "2026-11-23T02:00:00Z" : "" });
  }
  input.dataset.place = p.in;
  input.required = Boolean(p.required);
  const told = [p.description, bounds(p.schema)].filter(Boolean).join(": ");
  return el("div", { class: "field" }, el("label", { for: id, class: p.required ? "must" : "" }, p.name), input, el("span", { class: "soft" }, told));
}

function bodyField(id, op) {
  const [type, media] = Object.entries(op.requestBody.content)[0];
  const area = el("textarea", { id, spellcheck: "false", "aria-label": "Body, " + type });
  area.dataset.type = type;
  area.value = type === "application/json" ? JSON.stringify(sample(media.schema), null, 2)
    : "nip,name,agency,unit,platform,handle,external_id\n";
  const parts = [el("h3", {}, "Body, " + type), area];
  if (type !== "application/json") {
    const file = el("input", { type: "file", "aria-label": "Take the body from a file" });
    file.addEventListener("change", () => { area.disabled = file.files.length > 0; });
    area.file = file;
    parts.push(file);
  }
  const rows = members(media.schema);
  if (rows.length) parts.push(el("details", {}, el("summary", {}, "What it holds"), el("table", {}, ...rows)));
  return parts;
}

// request gathers what a form says.
function request(path, op, form) {
  const query = new URLSearchParams(), headers = {};
  for (const input of form.querySelectorAll("[data-place]")) {
    const value = input.value.trim();
    if (value === "" && input.dataset.place !== "path") continue;
    if (input.dataset.place === "path") path = path.replace("{" + input.name + "}", encodeURIComponent(value));
    else if (input.dataset.place === "query") query.set(input.name, value);
    else headers[input.name] = value;
  }
  const area = form.querySelector("textarea");
  const r = { url: path + (query.size ? "?" + query : ""), headers };
  if (area) {
    headers["Content-Type"] = area.dataset.type;
    r.body = area.file && area.file.files[0] || area.value;
  }
  return r;
}

const quoted = (s) => "'" + s.replaceAll("'", "'\\''") + "'";

function curl(method, r, needsKey) {
  const parts = ["curl"];
  if (method !== "get") parts.push("-X " + method.toUpperCase());
  if (needsKey) parts.push('-H "Authorization: Bearer $PENGIKUT_KEY"');
  for (const [name, value] of Object.entries(r.headers)) parts.push("-H " + quoted(name + ": " + value));
  if (r.body) parts.push(typeof r.body === "string" ? "--data-binary " + quoted(r.body) : "--data-binary @" + quoted(r.body.name));
  parts.push(quoted(location.origin + r.url));
  return parts.join(" \\\n  ");
}

const maxShown = 200000; // characters of an answer on the page

// show reads an answer as it comes: some are streams that do not end.
async function show(response, out) {
  const type = response.headers.get("Content-Type") || "", decoder = new TextDecoder(), reader = response.body.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (text.length < maxShown) text += decoder.decode(value, { stream: true });
    if (type.startsWith("text/event-stream")) out.textContent = text;
  }
  if (type.includes("json")) {
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* show it as it is */ }
  }
  out.textContent = text.length < maxShown ? text : text.slice(0, maxShown) + "\n… cut here";
}

async function send(method, r, needsKey, signal, answer) {
  const began = performance.now(), key = byId("key").value.trim();
  const headers = { ...r.headers };
  if (needsKey && key) headers.Authorization = "Bearer " + key;
  const line = el("p", {}, "…"), out = el("pre", { tabindex: "0" });
  answer.replaceChildren(line, out);
  try {
    const response = await fetch(r.url, { method: method.toUpperCase(), headers, body: r.body, signal, credentials: "omit", cache: "no-store" });
    const told = response.status + " " + response.statusText + ", " + Math.round(performance.now() - began) + " ms, request " + response.headers.get("X-Request-Id");
    line.replaceChildren(el("strong", { class: response.ok ? "good" : "bad" }, told));
    for (const name of ["ETag", "Retry-After"]) if (response.headers.get(name)) line.append(el("span", { class: "soft" }, "  " + name + ": " + response.headers.get(name)));
    await show(response, out);
  } catch (err) {
    line.append(el("span", { class: "bad" }, " " + (err.name === "AbortError" ? "stopped" : "no answer: " + err.message)));
  }
}

function responses(op) {
  const rows = Object.entries(op.responses).map(([status, r]) => {
    const schema = Object.values(r.content || {})[0];
    return el("tr", {}, el("td", {}, status), el("td", {}, r.description || ""), el("td", {}, schema && schema.schema ? nameOf(schema.schema) : ""));
  });
  const good = Object.entries(op.responses).find(([s, r]) => s < 300 && r.content);
  const media = good && Object.values(good[1].content)[0], inside = media && media.schema ? members(media.schema) : [];
  return el("details", {}, el("summary", {}, "Answers"), el("table", {}, ...rows),
    inside.length ? el("h3", {}, "What a good answer holds") : null, inside.length ? el("table", {}, ...inside) : null);
}

function routeView(path, method, op) {
  const id = op.operationId, needsKey = Boolean(op.security && op.security.length);
  const form = el("form", {}), answer = el("div", { "aria-live": "polite" });
  const inside = el("div", { class: "inside" });
  const who = { anybody: "no key", viewer: "any key", admin: "admin" }[op["x-who"]];
  const view = el("details", { class: "route", id },
    el("summary", {}, el("span", { class: "method " + method }, method.toUpperCase()), el("code", { class: "path" }, path),
      el("span", { class: "badge" }, who), el("span", { class: "what" }, op.summary)), inside);
  view.addEventListener("toggle", () => { // built when it is first opened
    if (inside.childElementCount) return;
    (op.parameters || []).forEach((p, i) => form.append(field(id + "-" + i, p)));
    if (op.requestBody) form.append(...bodyField(id + "-body", op));
    const stop = el("button", { type: "button", disabled: true }, "Stop");
    const line = el("button", { type: "button" }, "curl");
    form.append(el("div", { class: "acts" }, el("button", { class: "send" }, "Send"), stop, line));
    line.addEventListener("click", () => {
      const text = curl(method, request(path, op, form), needsKey);
      answer.replaceChildren(el("pre", { tabindex: "0" }, text));
      if (navigator.clipboard) navigator.clipboard.writeText(text).catch(() => {});
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (method !== "get" && !confirm("This is not a rehearsal: " + op.summary + "?")) return;
      const control = new AbortController();
      stop.disabled = false;
      stop.onclick = () => control.abort();
      await send(method, request(path, op, form), needsKey, control.signal, answer);
      stop.disabled = true;
    });
    inside.append(...(op.description || "").split("\n\n").map((p) => el("p", {}, p)), form, answer, responses(op));
  });
  return view;
}

function render() {
  byId("version").textContent = doc.info.version || "";
  byId("about").textContent = doc.info.description.replaceAll("`", "").replace(/([^\n])\n([^\n])/g, "$1 $2");
  const groups = new Map();
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of ["get", "post", "put", "patch", "delete"]) {
      const op = item[method];
      if (!op) continue;
      const tag = (op.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(routeView(path, method, op));
    }
  }
  const parts = [];
  for (const [tag, views] of [...groups].sort()) parts.push(el("section", {}, el("h2", {}, tag), ...views));
  byId("routes").replaceChildren(...parts);
  if (location.hash) {
    const wanted = byId(location.hash.slice(1));
    if (wanted) { wanted.open = true; wanted.scrollIntoView(); }
  }
}

function filter() {
  const wanted = byId("filter").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("main section")) {
    let any = false;
    for (const view of section.querySelectorAll("details.route")) {
      const hit = (view.id + " " + view.querySelector("summary").textContent + " " + section.querySelector("h2").textContent).toLowerCase().includes(wanted);
      view.hidden = !hit;
      any = any || hit;
    }
    section.hidden = !any;
  }
}

async function start() {
  const key = byId("key");
  key.value = sessionStorage.getItem("key") || "";
  key.addEventListener("input", () => sessionStorage.setItem("key", key.value.trim()));
  byId("key-form").addEventListener("submit", (event) => event.preventDefault());
  byId("show-key").addEventListener("click", (event) => {
    const hidden = key.type === "password";
    key.type = hidden ? "text" : "password";
    event.target.textContent = hidden ? "Hide" : "Show";
    event.target.setAttribute("aria-pressed", String(hidden));
  });
  byId("filter").addEventListener("input", filter);
  try {
    const response = await fetch("/api/openapi.json", { credentials: "omit" });
    if (!response.ok) throw new Error(response.status + " " + response.statusText);
    doc = await response.json();
    render();
  } catch (err) {
    byId("routes").replaceChildren(el("p", { class: "bad" }, "The document could not be read: " + err.message));
  }
}

start();
