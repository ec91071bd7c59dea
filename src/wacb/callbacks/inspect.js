"use strict";

const NAMES = [
  "body", "mime_type", "media_url", "from", "name", "type", "created_at", "reply_to",
  "wanumber", "mobile", "custom_response", "message", "contacts", "location",
];
const KEPT = 500; // callbacks in the list
const SHOWN = 100_000; // characters of one value
const LISTED = 500; // fields; a form may have a hundred thousand
const QUIET = 1000, BUSY = 100; // milliseconds between polls
// Characters that are invisible or would reorder the text.
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+/gu;

const by = Object.fromEntries([...document.querySelectorAll("[id]")].map((node) => [node.id, node]));
const wide = matchMedia("(min-width: 860px)"); // list and callback side by side
const WORDS = { received: "received", empty: "empty", unfilled: "not filled in", missing: "missing" };
const callbacks = new Map(); // of each button in the list
const buttons = new Map(); // of each number
let run; // the process that responds: a new one counts from 1 again
let last = 0; // place of the newest change
let total = 0; // number of the newest callback
let cleared = 0; // the newest one when the list was cleared
let formatted = true;
let current = null; // the button that Tab focuses
let opened = null;
let timer;
let asking = false;

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/* Show text, with invisible characters escaped as \u202e. */
function visible(text) {
  const cut = text.slice(0, SHOWN);
  const parts = document.createDocumentFragment();
  let end = 0;
  for (const found of cut.matchAll(UNSEEN)) {
    const escapes = Array.from(found[0], (character) =>
      "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"));
    parts.append(cut.slice(end, found.index), make("span", "control", escapes.join("")));
    end = found.index + found[0].length;
  }
  parts.append(cut.slice(end));
  if (text.length > SHOWN) {
    const more = (text.length - SHOWN).toLocaleString();
    parts.append(make("span", "control", `… and ${more} more characters`));
  }
  return parts;
}

function isolated(text) {
  const node = make("bdi", "", visible(text));
  node.dir = "auto";
  return node;
}

/* Keep the digits of numbers that JavaScript would round. */
function parse(text) {
  return JSON.parse(text, (key, value, context) =>
    typeof value === "number" && context && JSON.rawJSON && String(value) !== context.source
      ? JSON.rawJSON(context.source) : value);
}

function isTree(value) {
  return typeof value === "object" && value !== null && !JSON.isRawJSON?.(value);
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function moment(time) {
  const date = new Date(typeof time === "string" ? time : Number(written(time)) * 1000);
  return Number.isNaN(date.getTime()) ? null : date;
}

function stateOf(name, callback) {
  const found = ["literal", "empty", "missing"].find((state) => callback[state].includes(name));
  if (found) return found === "literal" ? "unfilled" : found;
  return NAMES.includes(name) ? "received" : "extra";
}

function answered({ status, ms, error }) {
  if (status === undefined) return `not replayed: ${error.message}`;
  return status === null ? `not answered: ${error.message}` : `answered ${status} in ${Math.round(ms)} ms`;
}

function badges(callback) {
  const shown = [];
  if (callback.kind === "message") {
    const counts = {
      received: callback.present.length - callback.empty.length,
      empty: callback.empty.length,
      unfilled: callback.literal.length,
      missing: callback.missing.length,
    };
    shown.push(...Object.entries(counts).filter(([, count]) => count)
      .map(([state, count]) => make("span", `badge ${state}`, `${count} ${WORDS[state]}`)));
  } else shown.push(make("span", "badge", "not a message"));
  const { forwarded } = callback;
  if (forwarded) {
    const state = forwarded.ok ? "received" : "missing";
    shown.push(make("span", `badge ${state}`, forwarded.status === null
      ? "not answered" : `answered ${forwarded.status}`));
  }
  return shown;
}

function summary(callback) {
  const { type, from, body } = callback.fields;
  const words = [type, from, body].filter((value) => value !== undefined && value !== "")
    .map((value) => isolated(written(value).slice(0, 120)));
  return [
    make("span", "number", `#${callback.n}`),
    make("span", "", `${moment(callback.time)?.toLocaleTimeString() ?? ""} ${callback.method} `,
      isolated(callback.path)),
    make("span", "second soft", ...words.flatMap((word, at) => (at ? [" · ", word] : [word]))),
    make("span", "third", ...badges(callback)),
  ];
}

function row(callback) {
  const button = make("button", "", ...summary(callback));
  button.type = "button";
  button.tabIndex = -1;
  button.addEventListener("click", () => open(button));
  callbacks.set(button, callback);
  buttons.set(callback.n, button);
  const item = make("li", "", button);
  item.hidden = !matches(callback);
  return item;
}

/* Show what has changed of a callback: it was forwarded meanwhile. */
function refresh(button, callback) {
  callbacks.set(button, callback);
  button.replaceChildren(...summary(callback));
  button.parentNode.hidden = !matches(callback);
  if (button === opened) fill(callback);
}

function matches(callback) {
  const { n, method, path, kind, fields, query, body } = callback;
  const text = `#${n} ${method} ${path} ${kind} ${JSON.stringify(fields)} ${query} ${body ?? ""}`;
  return text.toLowerCase().includes(by.filter.value.trim().toLowerCase());
}

function count() {
  const all = total - cleared;
  const words = `${all.toLocaleString()} callback${all === 1 ? "" : "s"}`;
  const listed = by.list.childElementCount;
  const seen = [...by.list.children].filter((item) => !item.hidden).length;
  const parts = [words];
  if (listed < all) parts.push(`newest ${listed} kept`);
  if (seen < listed) parts.push(`${seen} shown`);
  by.count.textContent = all ? parts.join(", ") : "";
  by.none.hidden = listed > 0;
  by.unmatched.hidden = listed === 0 || seen > 0;
  by.clear.disabled = listed === 0;
  document.title = all ? `${words} – wacb` : "Callbacks – wacb";
  return words;
}

function copyButton(name, value) {
  const button = make("button", "", "Copy");
  button.type = "button";
  button.ariaLabel = `Copy ${name}`;
  button.addEventListener("click", () => copy(name, value));
  return button;
}

async function copy(name, value) {
  const done = await navigator.clipboard.writeText(written(value)).then(() => true, () => false);
  by.news.textContent = done ? `Copied ${name}` : `Copying ${name} failed`;
  const button = document.activeElement;
  button.textContent = done ? "Copied" : "Failed";
  setTimeout(() => { button.textContent = "Copy"; }, 1000);
}

function pair(name, value, state, copies = true) {
  const line = make("div", state ? "" : "plain", make("dt", "", isolated(name)));
  if (state) line.append(make("dd", "", make("span", `badge ${state}`, WORDS[state] ?? state)));
  const shown = make("dd", isTree(value) ? "value json" : "value");
  line.append(shown);
  if (value !== undefined && value !== "") {
    shown.append(isTree(value) ? visible(written(value)) : isolated(written(value)));
    if (copies) line.append(make("dd", "", copyButton(name, value)));
  }
  return line;
}

function raw(node, value) {
  const none = value === null || value === undefined || value === "";
  node.classList.toggle("soft", none);
  node.replaceChildren(none ? "none" : visible(written(value)));
  return none;
}

/* Return the JSON in a body, undefined where there is none. */
function tree(body) {
  if (typeof body !== "string") return isTree(body) ? body : undefined;
  try {
    const value = parse(body);
    return isTree(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fillBody({ body }) {
  const value = tree(body);
  by.format.hidden = value === undefined;
  by.format.textContent = formatted ? "Show raw" : "Show formatted";
  by["copy-body"].hidden = raw(by.body, formatted && value !== undefined ? value : body);
}

function fill(callback) {
  by.title.textContent = `Callback ${callback.n}`;
  by.when.replaceChildren(moment(callback.time)?.toLocaleString() ?? "", ...badges(callback));
  by.where.replaceChildren(`${callback.method} `, isolated(callback.path));
  const { forwarded } = callback;
  by.forwarded.replaceChildren(
    ...(forwarded ? [isolated(forwarded.url), ` ${answered(forwarded)}`] : []));
  if (forwarded) by.to.value ||= forwarded.url;
  const extra = Object.keys(callback.fields).filter((name) => !NAMES.includes(name));
  const names = callback.kind === "message" ? [...NAMES, ...extra] : Object.keys(callback.fields);
  by.notes.replaceChildren(
    ...(callback.notes ?? []).map((note) => make("li", "", isolated(note))));
  by.fields.replaceChildren(...names.slice(0, LISTED).map((name) =>
    pair(name, callback.fields[name], callback.kind === "message" && stateOf(name, callback))));
  by.more.textContent = names.length > LISTED
    ? `… and ${(names.length - LISTED).toLocaleString()} more fields` : "";
  by["copy-query"].hidden = raw(by.query, callback.query);
  fillBody(callback);
  by.headers.replaceChildren(
    ...Object.entries(callback.headers).map(([name, value]) => pair(name, value, "", false)));
}

function show(button) {
  choose(button);
  opened?.removeAttribute("aria-current");
  opened = button;
  opened.setAttribute("aria-current", "true");
  document.body.classList.add("opened");
  by.hint.hidden = true;
  by.detail.hidden = false;
  report("");
  fill(callbacks.get(button));
  by.detail.scrollTop = 0;
}

function open(button) {
  show(button);
  scrollTo(0, 0);
  by.detail.focus({ preventScroll: true });
}

/* Open the newest callback, unless one in the list or an open one is being looked at. */
function follow() {
  const at = document.activeElement;
  const busy = by.list.contains(at) || by.detail.contains(at);
  const newest = first();
  if (by.follow.checked && wide.matches && newest && !busy) show(newest);
}

function close() {
  opened?.removeAttribute("aria-current");
  opened = null;
  document.body.classList.remove("opened");
  by.detail.hidden = true;
  by.hint.hidden = false;
  current?.focus();
}

function choose(button) {
  if (current) current.tabIndex = -1;
  current = button;
  if (current) current.tabIndex = 0;
}

function move(button) {
  if (!button) return;
  const inside = by.detail.contains(document.activeElement);
  choose(button);
  if (inside) open(button);
  else {
    button.focus();
    if (opened) show(button);
  }
}

function shownItems() {
  return [...by.list.children].filter((item) => !item.hidden);
}

function first() {
  return shownItems()[0]?.firstElementChild;
}

function neighbour(forward) {
  const step = forward ? "nextElementSibling" : "previousElementSibling";
  let item = current?.parentNode[step];
  while (item?.hidden) item = item[step];
  return item?.firstElementChild;
}

function add(batch) {
  const fresh = batch.filter(({ n }) => !buttons.has(n));
  for (const callback of batch) {
    if (buttons.has(callback.n)) refresh(buttons.get(callback.n), callback);
  }
  if (!fresh.length) return;
  const held = document.activeElement;
  by.list.prepend(...fresh.map(row).reverse());
  total = Math.max(total, ...fresh.map(({ n }) => n));
  while (by.list.childElementCount > KEPT) {
    const oldest = by.list.lastElementChild;
    buttons.delete(callbacks.get(oldest.firstElementChild).n);
    callbacks.delete(oldest.firstElementChild);
    oldest.remove();
  }
  if (!current?.isConnected) {
    choose(first());
    if (held && !held.isConnected) current?.focus();
  }
  by.news.textContent = `${fresh.length} new, ${count()}`;
  follow();
}

function forget() {
  close();
  choose(null);
  callbacks.clear();
  buttons.clear();
  by.list.replaceChildren();
  cleared = total;
  count();
}

function filter() {
  for (const [button, callback] of callbacks) button.parentNode.hidden = !matches(callback);
  if (!current || current.parentNode.hidden) choose(first());
  count();
}

async function post(path, message) {
  const answer = await fetch(path, {
    method: "POST", body: JSON.stringify(message), headers: { "wacb-run": run },
  });
  return answer.json();
}

async function clear() {
  await post("clear", {}).then(forget, () => tell(true));
  by.filter.focus();
}

function report(words, { failed = false, response = "" } = {}) {
  by.replayed.textContent = words;
  by.replayed.classList.toggle("failed", failed);
  by.response.hidden = response === "";
  by.response.replaceChildren(visible(response));
}

async function replay(event) {
  event.preventDefault();
  const { n } = callbacks.get(opened);
  const button = opened;
  report("Sending…");
  by.again.disabled = true;
  const result = await post("replay", { n, to: by.to.value.trim() })
    .catch(() => ({ error: { message: "connection lost" } }));
  by.again.disabled = false;
  if (button !== opened) return;
  report(`Callback ${n} ${answered(result)}`, { failed: !result.ok, response: result.response ?? "" });
}

async function ask() {
  const answer = await fetch(`callbacks?after=${last}`, {
    cache: "no-store", signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const place = Number(answer.headers.get("wacb-last"));
  return [answer.headers.get("wacb-run"), place, parse(await answer.text())];
}

function tell(lost) {
  document.body.classList.toggle("lost", lost);
  by.state.textContent = lost ? "connection lost" : "live";
  const words = "Connection lost: wacb callback listen has stopped. Callbacks received so far stay on this page.";
  if (lost !== (by.lost.textContent !== "")) by.lost.textContent = lost ? words : "";
}

async function poll() {
  clearTimeout(timer);
  if (asking || document.hidden) return;
  asking = true;
  const answer = await ask().catch(() => null);
  asking = false;
  tell(answer === null);
  let wait = QUIET;
  if (answer) {
    const [process, place, batch] = answer;
    const another = run !== undefined && process !== run;
    run = process;
    if (another) {
      forget();
      last = total = cleared = 0;
    } else {
      last = place;
      add(batch);
    }
    if (another || batch.length) wait = BUSY;
  }
  timer = setTimeout(poll, wait);
}

const inList = {
  ArrowDown: () => neighbour(true),
  ArrowUp: () => neighbour(false),
  Home: first,
  End: () => shownItems().at(-1)?.firstElementChild,
};
const anywhere = { j: () => neighbour(true), k: () => neighbour(false) };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target === by.filter || event.target === by.to) return;
  if (event.key === "Escape") {
    if (opened) close();
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    if (opened && !wide.matches) close();
    by.filter.focus();
    return;
  }
  const keys = by.list.contains(event.target) ? { ...anywhere, ...inList } : anywhere;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  move(keys[event.key]());
});
by.close.addEventListener("click", close);
by.clear.addEventListener("click", clear);
by.filter.addEventListener("input", filter);
by.follow.addEventListener("change", follow);
by.replay.addEventListener("submit", replay);
by.format.addEventListener("click", () => {
  formatted = !formatted;
  fillBody(callbacks.get(opened));
});
by["copy-query"].addEventListener("click", () => copy("query", callbacks.get(opened).query));
by["copy-body"].addEventListener("click", () => copy("body", callbacks.get(opened).body));
document.addEventListener("visibilitychange", poll);
poll();
