/* Zhiyin on a shop's own page: draws recommendations, and tells the service what shoppers look at, click and buy.
   docs/storefront.md says how it is set. It runs under a strict Content-Security-Policy, and what fails here never
   breaks the page: it is told in window.zhiyin.errors and on the console. */
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src*="/zhiyin.js"]');
  const said = script.dataset;
  const service = new URL("../", script.src).href;
  const tongue = said.language || document.documentElement.lang || "en";
  const language = tongue.toLowerCase().startsWith("zh") ? "zh" : "en";
  const MINUTE = 60e3, DAY = 24 * 60 * MINUTE;
  const VISIT = 30 * MINUTE; // a visit ends when nothing has happened for so long
  const LATE = MINUTE; // an event that waited longer is sent with its time
  const MOST_WAITING = 200, MOST_ERRORS = 50, MOST_CLICKS = 100;

  // --- what fails -------------------------------------------------------------------------------------------------
  const errors = [];

  function report(where, error) {
    errors.push({ where, at: new Date().toISOString(), message: String(error.message || error), ...error.told });
    errors.splice(0, errors.length - MOST_ERRORS);
    console.warn("zhiyin:", where, "-", error.message || error, (error.told && error.told.remedy) || "");
  }

  const guarded = (where, work) => (...given) =>
    Promise.resolve().then(() => work(...given)).catch((error) => report(where, error));

  // --- what the browser keeps of a shopper: where it keeps nothing, this page does ----------------------------------
  const memory = {};

  function load(name) {
    try {
      return JSON.parse(localStorage.getItem("zhiyin." + name));
    } catch {
      return name in memory ? memory[name] : null;
    }
  }

  function keep(name, value) {
    memory[name] = value;
    try {
      localStorage.setItem("zhiyin." + name, JSON.stringify(value));
    } catch { /* a private window, or full: `memory` has it */ }
  }

  const hex = (byte) => byte.toString(16).padStart(2, "0");
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join("");

  function visit(anew) {
    const known = load("visit"), now = Date.now();
    const id = known && !anew && now - known.at < VISIT ? known.id : random();
    keep("visit", { id, at: now });
    return id;
  }

  // --- who asks: a shopper by a token of the shop's server, or a visit ----------------------------------------------
  let held = null, asking = null, given = said.token;

  const identity = (anew) => {
    if (held && !anew && Date.now() < held.until) return Promise.resolve(held);
    asking = asking || identify().finally(() => (asking = null));
    return asking;
  };

  async function identify() {
    let who = await fetchToken(visit());
    const owner = load("owner");
    if (owner && owner !== who.user_id) { // signed out, or another: what comes now is another visit
      visit(true);
      keep("clicks", []);
      if (!who.user_id) who = await fetchToken(visit());
    }
    keep("owner", who.user_id || null);
    return (held = who);
  }

  async function fetchToken(session_id) {
    let token = given || null;
    given = null;
    if (!token && said.tokenCallback) token = await window[said.tokenCallback](session_id);
    if (!token && said.tokenUrl) {
      const answer = await fetch(said.tokenUrl, {
        method: "POST", credentials: "same-origin", cache: "no-store",
        headers: { "Content-Type": "application/json" }, body: JSON.stringify({ session_id }),
      });
      if (!answer.ok) throw new Error(`${said.tokenUrl} answered ${answer.status}`);
      token = (await answer.json()).token || null;
    }
    const known = token ? claimsOf(token) : {};
    const user_id = known.sub || (known.sid ? undefined : said.user);
    const life = known.exp ? (known.exp - known.iat) * 1000 - 5e3 : DAY;
    return { token, user_id, session_id: known.sid || session_id, until: Date.now() + life };
  }

  function claimsOf(token) {
    const parts = token.split(".");
    if (parts.length !== 3) return {};
    const bytes = Uint8Array.from(atob(parts[1].replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  const nameOf = (who) => (who.user_id ? "user " + who.user_id : "visit " + who.session_id);

  // --- asking the service -------------------------------------------------------------------------------------------
  async function post(path, who, body, keepalive) {
    const headers = { "Content-Type": "application/json", ...(who.token && { Authorization: "Bearer " + who.token }) };
    const answer = await fetch(service + path, {
      method: "POST", mode: "cors", credentials: "omit", keepalive: Boolean(keepalive), headers,
      body: JSON.stringify(body),
    });
    if (answer.ok) return answer.json();
    const told = (await answer.json().catch(() => ({}))).error || {};
    const wait = Number(answer.headers.get("Retry-After")) * 1000 || 0;
    const error = new Error(told.message || `/${path} answered ${answer.status}`);
    throw Object.assign(error, { told: { ...told, status: answer.status }, wait });
  }

  /* `bodyOf` makes the body of who asks; a token that is over is renewed once. */
  async function ask(path, bodyOf) {
    const who = await identity();
    try {
      return await post(path, who, bodyOf(who));
    } catch (error) {
      if (!error.told || error.told.status !== 401) throw error;
      const renewed = await identity(true);
      return post(path, renewed, bodyOf(renewed));
    }
  }

  // --- events: kept until the service has them, and each sent again under its own id --------------------------------
  let sending = null, pause = 2e3, timer = 0;

  const waiting = () => load("events") || [];
  const drop = (id) => keep("events", waiting().filter((one) => one.event.event_id !== id));

  async function send(event) {
    const one = { event: { event_id: random(), ...event }, at: Date.now(), whose: held && nameOf(held) };
    keep("events", [...waiting(), one].slice(-MOST_WAITING));
    await flush();
  }

  function flush() {
    sending = sending || sendAll().finally(() => (sending = null));
    return sending;
  }

  async function sendAll() {
    let who = await identity(), renewed = false;
    keep("events", waiting().map((one) => ({ ...one, whose: one.whose || nameOf(who) }))); // who wasn't known yet is now
    for (let one; (one = next(who)); ) {
      try {
        await post("events", who, bodyOf(one, who), true);
        drop(one.event.event_id);
        pause = 2e3;
      } catch (error) {
        const status = error.told && error.told.status;
        if (status === 401 && !renewed) {
          [who, renewed] = [await identity(true), true];
        } else if (!status || status === 401 || status === 408 || status === 429 || status >= 500) {
          report("events, sent again later", error);
          return later(error.wait);
        } else if (status === 422 && /time$/.test(error.told.field) && !one.timeless) { // this clock runs ahead
          drop(one.event.event_id);
          keep("events", [{ ...one, timeless: true }, ...waiting()]);
        } else {
          drop(one.event.event_id);
          report("event " + one.event.event_type, error);
        }
      }
    }
  }

  /* The oldest event of who is here now; those of somebody else wait for them, a week at most. */
  function next(who) {
    const young = waiting().filter((one) => Date.now() - one.at < 7 * DAY);
    if (young.length < waiting().length) {
      report("events", new Error(`${waiting().length - young.length} events could not be sent for a week`));
      keep("events", young);
    }
    return young.find((one) => one.whose === nameOf(who));
  }

  function bodyOf(one, who) {
    const owner = { ...(who.user_id && { user_id: who.user_id }), session_id: who.session_id };
    const time = Date.now() - one.at > LATE && !one.timeless ? { time: new Date(one.at).toISOString() } : {};
    return { events: [{ ...one.event, ...owner, ...time }] };
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(guarded("events", flush), wait || pause);
    pause = Math.min(pause * 2, 5 * MINUTE);
  }

  /* The page goes away: no answer is waited for; what then was stored counts once when it is sent again. */
  function hurry() {
    if (!held) return;
    for (const one of waiting().filter((each) => each.whose === nameOf(held)).slice(0, 10)) {
      post("events", held, bodyOf(one, held), true).then(() => drop(one.event.event_id), () => {});
    }
  }

  // --- what shoppers do ---------------------------------------------------------------------------------------------
  const clicks = () => (load("clicks") || []).filter((one) => Date.now() - one.at < 7 * DAY);
  const ledBy = (item_id) => {
    const click = clicks().find((one) => one.item_id === item_id);
    return click ? { recommendation_id: click.recommendation_id } : {};
  };

  function click(item_id, recommendation_id) {
    const others = clicks().filter((one) => one.item_id !== item_id);
    keep("clicks", [{ item_id, recommendation_id, at: Date.now(), seen: false }, ...others].slice(0, MOST_CLICKS));
    return send({ event_type: "view", item_id, recommendation_id });
  }

  /* The page of an item; where a card led here, its click has told of it already. */
  function view(item_id) {
    const all = clicks(), young = (one) => !one.seen && Date.now() - one.at < MINUTE;
    const told = all.find((one) => one.item_id === item_id && young(one));
    if (!told) return send({ event_type: "view", item_id, ...ledBy(item_id) });
    told.seen = true;
    keep("clicks", all);
  }

  const cart = (item_id, quantity) =>
    send({ event_type: "cart", item_id, ...(quantity && { quantity }), ...ledBy(item_id) });

  /* A line of an order has the same id from here and from the shop's server, so that it counts once. */
  async function purchase(order) {
    if (!order.order_id) throw new Error("an order without order_id");
    if ((load("orders") || []).includes(order.order_id)) return; // the page was loaded again
    keep("orders", [order.order_id, ...(load("orders") || [])].slice(0, 20));
    for (const [place, { item_id, quantity, value }] of (order.lines || []).entries()) {
      const bought = { item_id, ...(quantity && { quantity }), ...(value !== undefined && { value }) };
      const event_id = `${order.order_id}-${place + 1}`;
      await send({ event_id, event_type: "purchase", ...bought, ...ledBy(item_id) });
    }
  }

  // --- cards ----------------------------------------------------------------------------------------------------------
  async function draw(place) {
    const wanted = place.dataset, n = Number(wanted.n) || 6, item = wanted.item || said.item;
    const similar = wanted.zhiyin === "similar";
    if (similar && !item) throw new Error("data-zhiyin=\"similar\" without data-item");
    const question = similar
      ? { item_id: item, n, language, ...(wanted.kind && { kind: wanted.kind }) }
      : { n, language, ...(wanted.scenario && { scenario: wanted.scenario }), ...(item && { context_item_ids: [item] }) };
    const answer = await ask(similar ? "similar" : "recommend", (who) =>
      similar ? question : { ...question, ...(who.user_id ? { user_id: who.user_id } : { session_id: who.session_id }) });
    if (answer.items.length) { // else what the shop put there stays
      const template = wanted.itemUrl || said.itemUrl;
      const list = make("ul", "zhiyin-cards", ...answer.items.map((one) => card(one, template, answer.recommendation_id)));
      place.replaceChildren(...(wanted.heading ? [make("h2", "zhiyin-heading", wanted.heading)] : []), list);
    }
    place.dispatchEvent(new CustomEvent("zhiyin:drawn", { bubbles: true, detail: answer }));
  }

  function card(item, template, recommendation_id) {
    const address = safe(item.url) || safe(template && template.replace("{item_id}", encodeURIComponent(item.item_id)));
    const link = make(address ? "a" : "span", "zhiyin-link");
    if (address) link.href = address;
    const image = safe(item.image);
    if (image) link.append(Object.assign(make("img", "zhiyin-image"), { alt: "", loading: "lazy", src: image }));
    link.append(make("span", "zhiyin-title", item.title));
    const clicked = guarded("click", () => click(item.item_id, recommendation_id));
    link.addEventListener("click", clicked);
    link.addEventListener("auxclick", (event) => event.button === 1 && clicked());
    const price = item.price === null ? [] : [make("span", "zhiyin-price", priced(item.price, item.currency))];
    const drawn = make("li", "zhiyin-card", link, ...price, make("p", "zhiyin-reason", item.reason));
    drawn.dataset.item = item.item_id;
    return drawn;
  }

  function make(tag, name, ...inside) {
    const made = document.createElement(tag);
    made.className = name;
    made.append(...inside);
    return made;
  }

  /* An address of the web; what a catalogue may hold besides (javascript:, data:) is none. */
  function safe(address) {
    try {
      const url = new URL(address, document.baseURI);
      return address && /^https?:$/.test(url.protocol) ? url.href : null;
    } catch {
      return null;
    }
  }

  function priced(price, currency) {
    try {
      return new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "currency", currency }).format(price);
    } catch { // no currency, or not a code
      return price.toFixed(2) + (currency ? " " + currency : "");
    }
  }

  // --- the page -------------------------------------------------------------------------------------------------------
  const drawAll = () => Promise.all([...document.querySelectorAll("[data-zhiyin]")].map(guarded("cards", draw)));

  /* Who signs in or out without a new page: the token is asked for anew, and all is drawn again. */
  const refresh = () => identity(true).then(drawAll);

  const seen = () => new Promise((tell) => {
    const look = () => document.visibilityState === "visible" && tell();
    document.addEventListener("visibilitychange", look);
    look();
  });

  async function begin() {
    const drawn = drawAll();
    if (said.order) guarded("purchase", () => purchase(JSON.parse(said.order)))();
    if (said.item) seen().then(guarded("view", () => view(said.item)));
    guarded("events", flush)();
    await drawn;
  }

  addEventListener("pagehide", hurry);
  addEventListener("online", guarded("events", flush));
  const ready = new Promise((tell) =>
    document.readyState === "loading" ? addEventListener("DOMContentLoaded", tell) : tell()).then(guarded("page", begin));
  window.zhiyin = {
    errors, ready,
    draw: guarded("cards", draw), refresh: guarded("refresh", refresh), send: guarded("event", send),
    view: guarded("view", view), cart: guarded("cart", cart), purchase: guarded("purchase", purchase),
  };
})();
