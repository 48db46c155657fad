/*
 * The chat window of csdesk: one script element is enough.
 *
 *   <script src="https://desk.example/chat/shop/widget.js" defer data-title="Help" data-user="..."></script>
 *
 * Attributes: data-title, data-greeting, data-choices (separated by |), data-color (#rrggbb), data-lang (zh, en),
 * data-side (left), data-user (a token that your server signed), data-open (opens at once), data-hidden (no button).
 * Script: csdesk.open(), csdesk.close(), csdesk.identify(token), csdesk.forget() when somebody signs out.
 *
 * It keeps to itself: a shadow root, no cookies, no HTML made of text, no inline styles or scripts, no other files.
 */
(() => {
  "use strict";

  const script = document.currentScript;
  if (!script || !script.src || window.csdesk) return;
  const base = script.src.split(/[?#]/)[0].replace(/\/widget\.js$/, "");
  const given = script.dataset;

  // Words ---------------------------------------------------------------------------------------------------------

  const WORDS = {
    en: {
      title: "Chat with us", greeting: "Hello! How can we help?", open: "Open the chat", close: "Close the chat",
      unread: "{n} unread", placeholder: "Write a message…", message: "Your message", send: "Send", attach: "Attach a file",
      online: "Connected", connecting: "Connecting…", offline: "You are offline. We keep trying.", sending: "Sending…",
      sent: "Sent", failed: "Not sent.", retry: "Try again", waiting: "Will be sent when you are back online", log: "Conversation",
      earlier: "Show earlier messages", recalled: "This message was taken back.", edited: "edited", agent: "Support", bot: "Assistant",
      system: "Notice", you: "You", file: "File", tooLarge: "This file is too large (at most {n}).", badType: "Files of this type cannot be sent.",
      tooLong: "{n} characters too many", today: "Today", yesterday: "Yesterday", refused: "This could not be sent.",
      drop: "Drop the file to send it", newMessages: "New messages", opens: "(opens in a new tab)", typing: "Somebody is typing",
    },
    zh: {
      title: "在线客服", greeting: "您好！请问有什么可以帮您？", open: "打开聊天窗口", close: "关闭聊天窗口",
      unread: "{n} 条未读消息", placeholder: "请输入消息…", message: "您的消息", send: "发送", attach: "发送文件",
      online: "已连接", connecting: "正在连接…", offline: "网络已断开，正在重试", sending: "发送中…",
      sent: "已发送", failed: "发送失败。", retry: "重试", waiting: "恢复网络后自动发送", log: "对话内容",
      earlier: "查看更早的消息", recalled: "该消息已撤回", edited: "已编辑", agent: "客服", bot: "智能助手",
      system: "系统通知", you: "我", file: "文件", tooLarge: "文件过大（最大 {n}）。", badType: "不支持发送此类文件。",
      tooLong: "超出 {n} 字", today: "今天", yesterday: "昨天", refused: "该消息无法发送。",
      drop: "松开即可发送文件", newMessages: "新消息", opens: "（在新标签页中打开）", typing: "对方正在输入",
    },
  };
  const pageLang = given.lang || document.documentElement.lang || navigator.language || "en";
  const lang = /^zh\b/i.test(pageLang) ? "zh" : "en";
  const locale = lang === "zh" ? (/^zh/i.test(pageLang) ? pageLang : "zh-CN") : /^en/i.test(pageLang) ? pageLang : "en";
  const say = (key, n) => WORDS[lang][key].replace("{n}", n);

  // What is kept: the token for all tabs, what is not sent yet, and whether the window is open in this tab -----------

  const kept = (storage) => {
    let memory = {};
    return {
      get(key) {
        try { return JSON.parse(window[storage].getItem(`csdesk:${base}:${key}`)); } catch { return memory[key] ?? null; }
      },
      set(key, value) {
        memory[key] = value;
        try {
          if (value === null) window[storage].removeItem(`csdesk:${base}:${key}`);
          else window[storage].setItem(`csdesk:${base}:${key}`, JSON.stringify(value));
        } catch { /* private windows: the tab's memory must do */ }
      },
    };
  };
  const shared = kept("localStorage");
  const mine = kept("sessionStorage");

  const state = {
    token: null, limits: { text: 5000, file_bytes: 0, file_types: [] }, look: {}, user: given.user || "",
    said: new Map(), order: [], pending: new Map(), mark: "", earlier: false, open: false, link: "idle",
    acked: new Set(), readSent: new Set(), unread: 0, failures: 0, polling: 0, ready: false,
  };

  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  };
  const pause = (ms, signal) => new Promise((done) => {
    const timer = setTimeout(done, ms);
    if (signal) signal.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
  });

  // Talking to the desk ----------------------------------------------------------------------------------------------

  class Refused extends Error {
    constructor(status, code, after) { super(code); this.status = status; this.code = code; this.after = after; }
  }

  async function call(method, path, { body, type = "application/json", headers = {}, signal, bare = false } = {}) {
    const all = { ...headers };
    if (body !== undefined) all["Content-Type"] = type;
    if (!bare && state.token) all.Authorization = `Bearer ${state.token.token}`;
    const sent = body !== undefined && type === "application/json" ? JSON.stringify(body) : body;
    const answer = await fetch(`${base}/${path}`, {
      method, headers: all, body: sent, signal, cache: "no-store", credentials: "omit", mode: "cors", referrerPolicy: "origin",
    });
    if (answer.ok) return answer;
    let code = "";
    try { code = (await answer.json()).error || ""; } catch { /* not from the desk */ }
    throw new Refused(answer.status, code, Number(answer.headers.get("Retry-After")) || 0);
  }

  // Who a signed token speaks of: only to see that it is nobody new. The desk is what checks it.
  const subject = (token) => {
    try { return String(JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub); } catch { return ""; }
  };

  let visiting = null;
  function visit() {
    visiting = visiting || begin().finally(() => { visiting = null; });
    return visiting;
  }

  async function begin() {
    const before = shared.get("visit");
    let answer;
    try {
      answer = await call("POST", "visits", { body: { token: before ? before.token : "", user: state.user }, bare: true });
    } catch (error) {
      if (!state.user || !/_user$/.test(error.code || "")) throw error;
      state.user = ""; // the page's word is too old: go on as whoever it was
      answer = await call("POST", "visits", { body: { token: before ? before.token : "" }, bare: true });
    }
    const told = await answer.json();
    const other = shared.get("visit");
    if (!told.resumed && !state.user && other && other.token !== (before && before.token)) {
      state.token = other; // another tab was quicker
    } else {
      if (!told.resumed) reset();
      const user = state.user ? subject(state.user) : told.resumed && before ? before.user : "";
      state.token = { token: told.token, renew: Date.now() + told.lives * 500, user };
      shared.set("visit", state.token);
    }
    state.limits = told;
    state.look = told.look || {};
    dress();
  }

  async function asked(method, path, options = {}) {
    if (!state.token || Date.now() > state.token.renew) await visit();
    const used = state.token;
    try {
      return await call(method, path, options);
    } catch (error) {
      if (error.status !== 401) throw error;
      const kept = shared.get("visit"); // signing in, here or in another tab, may have put another one there meanwhile
      if (error.code !== "no_token" && kept && used && kept.token === used.token) shared.set("visit", null);
      await visit();
      return call(method, path, options);
    }
  }

  // Hearing: a stream, or asking again and again where streams do not pass ---------------------------------------------

  let listening = null;
  function listen() {
    listening = listening || hear();
  }

  async function hear() {
    for (;;) {
      const turn = new AbortController();
      let called = false;
      wake = () => { called = true; turn.abort(); };
      try {
        if (!state.token) await visit();
        await (state.polling > Date.now() || isAway() ? poll(turn) : stream(turn));
        state.failures = 0;
      } catch (error) {
        if (called && navigator.onLine !== false) continue; // something has changed: begin anew
        state.failures += 1;
        if (error.status === 401) shared.set("visit", null);
        if (error.status === 503 || error.code === "silent") state.polling = Date.now() + 120000;
        show(navigator.onLine === false ? "offline" : state.failures > 1 ? "offline" : "connecting");
        const wait = Math.max(error.after * 1000 || 0, Math.min(30000, 1000 * 2 ** (state.failures - 1)));
        const nap = new AbortController();
        wake = () => nap.abort();
        await pause(wait * (0.75 + Math.random() / 2), nap.signal);
      }
    }
  }
  let wake = () => {};

  // A tab that nobody looks at gives its open answer back: a browser has few of them for one site, and many tabs.
  let hiddenAt = 0;
  const isAway = () => document.visibilityState === "hidden" && hiddenAt && Date.now() - hiddenAt >= 20000;
  function looked() {
    const hidden = document.visibilityState === "hidden";
    hiddenAt = hidden ? Date.now() : 0;
    if (hidden) setTimeout(() => { if (isAway()) wake(); }, 20500);
    else wake();
  }

  async function stream(turn) {
    let heard = Date.now();
    let silent = false;
    const watch = setInterval(() => {
      if (Date.now() - heard > 40000) { silent = true; turn.abort(); }
    }, 5000);
    try {
      const headers = { Accept: "text/event-stream, application/json;q=0.5", "Last-Event-ID": state.mark };
      const answer = await asked("GET", first(), { headers, signal: turn.signal });
      online();
      if (!/event-stream/.test(answer.headers.get("Content-Type") || "") || !answer.body) {
        take(await answer.json());
        state.polling = Date.now() + 600000; // this server has no streams
        return;
      }
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard = Date.now();
        rest += decoder.decode(value, { stream: true });
        const events = rest.split("\n\n");
        rest = events.pop();
        for (const one of events) {
          const line = one.split("\n").find((each) => each.startsWith("data: "));
          if (line) take(JSON.parse(line.slice(6)));
        }
      }
    } catch (error) {
      if (silent) error.code = "silent";
      throw error;
    } finally {
      clearInterval(watch);
    }
  }

  // What there is already is wanted at once, even if it is nothing.
  const first = () => (state.ready && !isAway() ? "events" : "events?wait=0");

  async function poll(turn) {
    const began = Date.now();
    const headers = { Accept: "application/json", "Last-Event-ID": state.mark };
    const answer = await asked("GET", first(), { headers, signal: turn.signal });
    online();
    const told = await answer.json();
    take(told);
    // An answer that waited may be followed by the next question; a quick one by a pause, longer if nothing happens.
    if (told.messages.length) poll.idle = 0;
    else poll.idle = Math.min((poll.idle || 0) + 1, 6);
    if (Date.now() - began < 1000) {
      const nap = new AbortController();
      wake = () => nap.abort();
      await pause((isAway() ? 10000 : state.open ? 1500 : 5000) * (1 + poll.idle / 2), nap.signal);
    }
  }

  function online() {
    show("online");
    flush();
  }

  // The conversation ---------------------------------------------------------------------------------------------------

  function reset() {
    state.said.clear();
    state.order = [];
    state.mark = "";
    state.earlier = false;
    state.ready = false;
    draw();
  }

  function take(page) {
    const news = page.messages.filter((one) => !state.said.has(one.id) && one.from !== "you");
    if (page.fresh) {
      state.said.clear();
      state.order = [];
      state.earlier = page.earlier;
    }
    for (const one of page.messages) {
      if (!state.said.has(one.id)) state.order.push(one.id);
      state.said.set(one.id, one);
      if (one.client) settle(one.client);
    }
    state.mark = page.mark;
    const first = !state.ready;
    state.ready = true;
    if (page.typing) typingFor(page.typing);
    else if (news.length) typingFor(0);
    draw();
    if (!first) announce(news);
    acknowledge();
  }

  // Typing: somebody of ours is shown to for as long as the desk says; the visitor's keys are told of every four seconds.
  let typingEnds = 0;
  function typingFor(seconds) {
    clearTimeout(typingEnds);
    parts.typing.hidden = !seconds;
    if (seconds) typingEnds = setTimeout(() => { parts.typing.hidden = true; }, seconds * 1000);
  }

  let toldAt = 0;
  function types() {
    if (!state.order.length || !parts.input.value.trim() || Date.now() - toldAt < 4000) return;
    toldAt = Date.now();
    asked("POST", "typing", { body: {} }).catch(() => { /* the next key tells it again */ });
  }

  async function earlier() {
    const oldest = state.said.get(state.order[0]);
    if (!oldest) return;
    parts.earlier.disabled = true;
    try {
      const answer = await asked("GET", `events?before=${encodeURIComponent(oldest.at)}`, { headers: { Accept: "application/json" } });
      const page = await answer.json();
      const fresh = page.messages.filter((one) => !state.said.has(one.id));
      for (const one of fresh) state.said.set(one.id, one);
      state.order = [...fresh.map((one) => one.id), ...state.order];
      state.earlier = page.earlier;
      const height = parts.log.scrollHeight;
      draw({ stay: true });
      parts.log.scrollTop += parts.log.scrollHeight - height;
    } catch { show("connecting"); } finally { parts.earlier.disabled = false; }
  }

  const ours = () => state.order.map((id) => state.said.get(id)).filter((one) => one.from !== "you" && !one.recalled);
  const isSeen = () => state.open && document.visibilityState === "visible";

  let telling = 0;
  function acknowledge() {
    const seen = isSeen();
    const unread = ours().filter((one) => !one.read && !state.readSent.has(one.id));
    state.unread = seen ? 0 : unread.length;
    badge();
    if (!unread.length || telling) return;
    telling = setTimeout(async () => {
      telling = 0;
      const now = isSeen();
      const waiting = ours().filter((one) => !one.read && !state.readSent.has(one.id));
      const told = now ? waiting : waiting.filter((one) => !state.acked.has(one.id));
      const ids = told.slice(0, 100).map((one) => one.id);
      if (!ids.length) return;
      try {
        await asked("POST", "receipts", { body: now ? { read: ids } : { delivered: ids } });
        for (const id of ids) (now ? state.readSent : state.acked).add(id);
        acknowledge();
      } catch { /* told with the next ones */ }
    }, 250);
  }

  // Saying: kept until the desk has it, under one id for all attempts -----------------------------------------------------

  function keep() {
    const waiting = [...state.pending.values()].filter((one) => !one.file && !["sent", "refused"].includes(one.status)).map(({ id, text, choice, at }) => ({ id, text, choice, at }));
    shared.set("pending", waiting.length ? waiting : null);
  }

  function settle(id) {
    const one = state.pending.get(id);
    if (!one) return;
    if (one.preview) URL.revokeObjectURL(one.preview);
    state.pending.delete(id);
    keep();
  }

  function utter(what) {
    const one = { id: newId(), at: new Date().toISOString(), status: "sending", ...what };
    state.pending.set(one.id, one);
    keep();
    draw({ down: true });
    listen();
    flush();
  }

  let flushing = false;
  async function flush() {
    if (flushing) return;
    flushing = true;
    try {
      for (;;) {
        const next = [...state.pending.values()].find((one) => one.status === "sending" || one.status === "waiting");
        if (!next) break;
        const problem = await deliver(next);
        if (problem) break;
      }
    } finally { flushing = false; }
  }

  async function deliver(one) {
    try {
      if (one.file) {
        const query = new URLSearchParams({ id: one.id, name: one.file.name || "", page: location.href });
        await asked("POST", `files?${query}`, { body: one.file, type: one.file.type || "application/octet-stream" });
      } else {
        const message = one.choice ? { id: one.id, type: "choice", choice: one.choice } : { id: one.id, text: one.text };
        await asked("POST", "messages", { body: { messages: [{ ...message, page: location.href }] } });
      }
      one.status = "sent";
      if (!one.file) keep();
      draw();
      return false;
    } catch (error) {
      const refused = error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status);
      one.status = refused ? "refused" : navigator.onLine === false ? "waiting" : "failed";
      one.code = error.code;
      if (refused) keep();
      draw();
      if (!refused) setTimeout(() => { if (one.status === "failed" || one.status === "waiting") retry(one); }, 1000 * Math.min(30, Math.max(error.after || 0, 2 ** (one.tries = (one.tries || 0) + 1))));
      return !refused;
    }
  }

  function retry(one) {
    if (!state.pending.has(one.id)) return;
    one.status = "sending";
    draw();
    flush();
  }

  function send() {
    const text = parts.input.value.trim();
    if (!text || text.length > state.limits.text) return;
    parts.input.value = "";
    mine.set("draft", null);
    grow();
    utter({ text });
  }

  function attach(files) {
    for (const file of files) {
      const { file_bytes: most, file_types: types } = state.limits;
      const type = file.type || "application/octet-stream";
      if (file.size > most) { notice(say("tooLarge", size(most))); continue; }
      if (types.length && !types.includes(type)) { notice(say("badType")); continue; }
      const preview = /^image\/(png|jpeg|gif|webp)$/.test(type) ? URL.createObjectURL(file) : "";
      utter({ file, preview, text: file.name });
    }
  }

  const size = (bytes) => {
    const units = ["B", "KB", "MB", "GB"];
    let at = 0;
    let value = bytes;
    while (value >= 1000 && at < 3) { value /= 1000; at += 1; }
    return `${value >= 10 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
  };

  // Elements -----------------------------------------------------------------------------------------------------------

  const el = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((one) => one !== null && one !== undefined));
    return made;
  };
  const icon = (...paths) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["focusable", "false"]]) svg.setAttribute(name, value);
    for (const d of paths) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", d);
      svg.append(path);
    }
    return svg;
  };
  const ICONS = {
    chat: ["M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.9 8.9 0 0 1-3.7-.8L3.5 20.5l1.6-4.4A8 8 0 0 1 4 11.5a8.4 8.4 0 0 1 8.5-8.3A8.4 8.4 0 0 1 21 11.5Z", "M8.5 11.6h.01M12.5 11.6h.01M16.5 11.6h.01"],
    close: ["M6 6l12 12M18 6L6 18"],
    down: ["M6 9.5l6 6 6-6"],
    send: ["M4.5 12h13M12.5 5.5L19 12l-6.5 6.5"],
    clip: ["M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.4-8.4a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7"],
    file: ["M13.5 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5Z", "M13.5 3.5v5h5"],
    link: ["M10 13.5a4 4 0 0 0 6 .4l2.6-2.6a4 4 0 0 0-5.7-5.7l-1.4 1.4", "M14 10.5a4 4 0 0 0-6-.4l-2.6 2.6a4 4 0 0 0 5.7 5.7l1.4-1.4"],
    tick: ["M5.5 12.5l4.2 4.2 8.8-9.4"],
  };

  const STYLE = `
:host { all: initial; }
*, *::before, *::after { box-sizing: border-box; }
.root {
  --accent: #0b5cff; --on-accent: #fff; --ink-light: #0b5cff; --ink-dark: #8ab0ff; --ink: var(--ink-light); --surface: #fff; --ground: #f5f6fa; --text: #171a21; --soft: #5b6372;
  --line: #e3e6ee; --bubble: #fff; --danger: #b42318; --shadow: 0 18px 50px rgba(20, 27, 45, .22), 0 3px 10px rgba(20, 27, 45, .1);
  color: var(--text); font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  -webkit-font-smoothing: antialiased; text-align: left; letter-spacing: normal;
}
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; }
svg { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; display: block; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.launcher {
  position: fixed; bottom: 24px; right: 24px; z-index: 2147483000; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%;
  display: grid; place-items: center; color: var(--on-accent); background: var(--accent);
  box-shadow: 0 8px 24px rgba(20, 27, 45, .28), 0 2px 6px rgba(20, 27, 45, .16); transition: transform .18s ease, box-shadow .18s ease;
}
.launcher:hover { transform: translateY(-2px) scale(1.03); }
.launcher:active { transform: scale(.96); }
.launcher:focus-visible { outline-color: var(--text); outline-offset: 3px; }
.launcher svg { width: 28px; height: 28px; }
.left .launcher { right: auto; left: 24px; }
.badge {
  position: absolute; top: -3px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; background: #d92d20; color: #fff;
  font-size: 12px; font-weight: 700; line-height: 22px; text-align: center; box-shadow: 0 0 0 2px var(--surface);
}
.panel {
  position: fixed; bottom: 100px; right: 24px; z-index: 2147483000; width: 392px; max-width: calc(100vw - 32px);
  height: min(640px, calc(100vh - 124px)); display: flex; flex-direction: column; overflow: hidden; background: var(--ground);
  border-radius: 20px; box-shadow: var(--shadow); transform-origin: bottom right; animation: rise .22s cubic-bezier(.2, .9, .3, 1.1);
}
.left .panel { right: auto; left: 24px; transform-origin: bottom left; }
@keyframes rise { from { opacity: 0; transform: translateY(12px) scale(.97); } }
.head { display: flex; align-items: center; gap: 12px; padding: 16px 12px 16px 20px; background: var(--accent); color: var(--on-accent); }
.head .face { width: 40px; height: 40px; flex: none; border-radius: 50%; display: grid; place-items: center; background: color-mix(in srgb, var(--on-accent) 18%, transparent); }
.head .names { flex: 1; min-width: 0; }
.head h2 { margin: 0; font-size: 17px; font-weight: 650; line-height: 1.3; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.head .status { margin: 0; font-size: 13px; line-height: 1.4; opacity: .9; display: flex; align-items: center; gap: 6px; }
.head .status::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: #fbbf24; flex: none; box-shadow: 0 0 0 2px color-mix(in srgb, var(--on-accent) 30%, transparent); }
.head .status.online::before { background: #4ade80; }
.head .status.offline::before { background: #f87171; }
.head button { width: 44px; height: 44px; flex: none; padding: 10px; border: 0; border-radius: 12px; background: transparent; color: inherit; }
.head button:hover { background: color-mix(in srgb, var(--on-accent) 14%, transparent); }
.head button:focus-visible { outline-color: var(--on-accent); outline-offset: -3px; }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px 16px 8px; display: flex; flex-direction: column; scroll-behavior: smooth; }
.log:focus-visible { outline-offset: -3px; }
.log::before { content: ""; margin-top: auto; }
.earlier { align-self: center; margin: 0 0 12px !important; padding: 8px 16px; min-height: 36px; border: 1px solid var(--line); border-radius: 18px; background: var(--surface); color: var(--soft); font-size: 13px; }
.earlier:hover { color: var(--text); }
.day { align-self: center; margin: 8px 0 12px; font-size: 12px; color: var(--soft); }
.row { display: flex; flex-direction: column; align-items: flex-start; margin-bottom: 4px; max-width: 100%; }
.row.last { margin-bottom: 14px; }
.row.you { align-items: flex-end; }
.row.system { align-items: center; }
.who { margin: 0 0 4px 40px; font-size: 12px; color: var(--soft); }
.line { display: flex; align-items: flex-end; gap: 8px; max-width: 88%; }
.you .line { max-width: 82%; }
.avatar { width: 32px; height: 32px; flex: none; border-radius: 50%; display: grid; place-items: center; font-size: 14px; font-weight: 650; color: var(--ink); background: color-mix(in srgb, var(--ink) 14%, var(--surface)); }
.avatar svg { width: 18px; height: 18px; }
.gap { width: 32px; flex: none; }
.bubble { min-width: 0; padding: 9px 14px; border-radius: 18px; background: var(--bubble); box-shadow: 0 1px 2px rgba(20, 27, 45, .08); overflow-wrap: anywhere; white-space: pre-wrap; }
.last:not(.you) .bubble { border-bottom-left-radius: 6px; }
.you .bubble { background: var(--accent); color: var(--on-accent); }
.you.last .bubble { border-bottom-right-radius: 6px; }
.you .bubble a { color: inherit; }
.system .line { max-width: 92%; }
.system .bubble { background: transparent; box-shadow: none; padding: 4px 8px; font-size: 13px; color: var(--soft); text-align: center; }
.recalled .bubble { background: transparent; box-shadow: inset 0 0 0 1px var(--line); color: var(--soft); font-style: italic; }
.pending .bubble { opacity: .72; }
.problem .bubble { opacity: 1; box-shadow: inset 0 0 0 2px var(--danger); }
.bubble p { margin: 0; }
.bubble p + p, .bubble p + .menu, .bubble .card + p, .bubble .shot + p { margin-top: 6px; }
.bubble a { color: var(--ink); text-decoration: underline; text-underline-offset: 2px; }
.bubble.bare { padding: 0; background: transparent; box-shadow: none; }
.shot { display: block; border-radius: 14px; overflow: hidden; background: var(--line); }
.shot img { display: block; max-width: 100%; max-height: 260px; object-fit: cover; }
.card { display: flex; align-items: center; gap: 10px; text-decoration: none !important; color: inherit !important; min-height: 44px; }
.card svg { flex: none; width: 40px; height: 40px; padding: 9px; border-radius: 12px; stroke-width: 1.8; background: color-mix(in srgb, currentColor 10%, transparent); }
.card b { display: block; font-weight: 600; line-height: 1.35; }
.card small { font-size: 12px; opacity: .8; }
.typing .bubble { margin-left: 40px; display: flex; gap: 4px; padding: 13px 14px; }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--soft); animation: typing 1.2s infinite; }
.typing i:nth-child(2) { animation-delay: .15s; }
.typing i:nth-child(3) { animation-delay: .3s; }
@keyframes typing { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; } }
.meta { margin: 3px 4px 0; font-size: 12px; color: var(--soft); display: flex; align-items: center; gap: 4px; min-height: 18px; }
.row:not(.you) .meta { margin-left: 44px; }
.meta svg { width: 14px; height: 14px; }
.meta.bad { color: var(--danger); }
.meta button { padding: 2px 6px; margin: -2px 0; border: 0; background: none; color: inherit; font-weight: 650; text-decoration: underline; text-underline-offset: 2px; border-radius: 6px; }
.menu { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 2px 40px; }
.menu button, .menu a { display: inline-flex; align-items: center; min-height: 40px; padding: 8px 16px; border: 1.5px solid var(--ink); border-radius: 20px; background: var(--surface); color: var(--ink); font-weight: 550; line-height: 1.4; text-align: left; text-decoration: none; }
.menu button:hover:not(:disabled), .menu a:hover { background: color-mix(in srgb, var(--ink) 9%, var(--surface)); }
.menu button:disabled { border-color: var(--line); color: var(--soft); cursor: default; }
.foot { padding: 10px 12px 12px; background: var(--surface); border-top: 1px solid var(--line); }
.notice { margin: 0 4px 8px; font-size: 13px; color: var(--danger); }
.box { display: flex; align-items: flex-end; gap: 4px; padding: 4px; border: 1.5px solid var(--line); border-radius: 24px; background: var(--ground); transition: border-color .15s; }
.box:focus-within { border-color: var(--ink); }
.box textarea { flex: 1; min-width: 0; max-height: 132px; padding: 9px 4px 9px 8px; border: 0; resize: none; background: transparent; line-height: 1.45; outline: none; font-size: 16px; }
.box textarea::placeholder { color: var(--soft); opacity: 1; }
.box button { width: 42px; height: 42px; flex: none; padding: 0; border: 0; border-radius: 50%; display: grid; place-items: center; background: transparent; color: var(--soft); transition: background .15s, color .15s, transform .15s; }
.box button:hover { color: var(--text); background: var(--line); }
.box .send { background: var(--accent); color: var(--on-accent); }
.box .send:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 88%, var(--text)); color: var(--on-accent); }
.box .send:disabled { background: var(--line); color: var(--soft); cursor: default; }
.box svg { width: 21px; height: 21px; }
.count { margin: 6px 8px 0; font-size: 12px; color: var(--danger); text-align: right; }
.drop { position: absolute; inset: 0; display: grid; place-items: center; background: color-mix(in srgb, var(--accent) 88%, transparent); color: var(--on-accent); font-size: 17px; font-weight: 650; pointer-events: none; }
@media (max-width: 480px) {
  .panel { inset: 0; width: 100%; max-width: none; height: 100%; height: 100dvh; border-radius: 0; }
  .open .launcher { display: none; }
  .head { padding-top: max(16px, env(safe-area-inset-top)); }
  .foot { padding-bottom: max(12px, env(safe-area-inset-bottom)); }
}
@media (prefers-color-scheme: dark) {
  .root { --ink: var(--ink-dark); --surface: #1c1f27; --ground: #13151b; --text: #eef0f5; --soft: #a3abbb; --line: #313642; --bubble: #262a34; --danger: #ff8a7a; --shadow: 0 18px 50px rgba(0, 0, 0, .6); }
}
@media (prefers-contrast: more) {
  .root { --line: #6b7280; --soft: #3b4252; }
  .bubble { box-shadow: inset 0 0 0 1px currentColor; }
}
@media (forced-colors: active) {
  .panel, .bubble, .launcher, .box, .badge { border: 1px solid CanvasText; }
  .head { border-bottom: 1px solid CanvasText; }
  .you .bubble { border: 2px solid Highlight; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}`;

  const host = el("div", { lang: lang === "zh" ? "zh-CN" : "en" });
  host.id = "csdesk-chat";
  const shadow = host.attachShadow({ mode: "open" });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    const sheet = el("style", { nonce: script.nonce || null });
    sheet.textContent = STYLE;
    shadow.append(sheet);
  }

  const parts = {};
  parts.badge = el("span", { class: "badge", hidden: true, "aria-hidden": "true" });
  parts.face = icon(...ICONS.chat);
  parts.launcher = el("button", { class: "launcher", type: "button", "aria-expanded": "false", "aria-controls": "panel", "aria-haspopup": "dialog", onclick: () => toggle() }, parts.face, parts.badge);
  parts.title = el("h2", { id: "title" });
  parts.status = el("p", { class: "status", role: "status" });
  parts.close = el("button", { type: "button", "aria-label": say("close"), onclick: () => close() }, icon(...ICONS.close));
  parts.log = el("div", { class: "log", role: "log", tabindex: "0", "aria-label": say("log"), "aria-live": "off" });
  parts.earlier = el("button", { class: "earlier", type: "button", hidden: true, onclick: earlier }, say("earlier"));
  parts.typing = el("div", { class: "row last typing", hidden: true, role: "status", "aria-label": say("typing") }, el("div", { class: "bubble" }, el("i"), el("i"), el("i")));
  parts.live = el("div", { class: "hidden", "aria-live": "polite" });
  parts.notice = el("p", { class: "notice", role: "alert", hidden: true });
  parts.input = el("textarea", { rows: "1", "aria-label": say("message"), placeholder: say("placeholder"), enterkeyhint: "send", autocomplete: "off" });
  parts.count = el("p", { class: "count", role: "status", hidden: true });
  parts.files = el("input", { type: "file", hidden: true, tabindex: "-1", "aria-hidden": "true", onchange: () => { attach(parts.files.files); parts.files.value = ""; parts.input.focus(); } });
  parts.clip = el("button", { type: "button", hidden: true, "aria-label": say("attach"), title: say("attach"), onclick: () => parts.files.click() }, icon(...ICONS.clip));
  parts.send = el("button", { class: "send", type: "button", "aria-label": say("send"), title: say("send"), disabled: true, onclick: () => { send(); parts.input.focus(); } }, icon(...ICONS.send));
  parts.drop = el("div", { class: "drop", hidden: true, "aria-hidden": "true" }, say("drop"));
  parts.panel = el(
    "section",
    { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
    el("header", { class: "head" }, el("div", { class: "face", "aria-hidden": "true" }, icon(...ICONS.chat)), el("div", { class: "names" }, parts.title, parts.status), parts.close),
    parts.log,
    el("div", { class: "foot" }, parts.notice, el("div", { class: "box" }, parts.clip, parts.input, parts.files, parts.send), parts.count),
    parts.drop,
  );
  parts.root = el("div", { class: "root" }, parts.panel, parts.launcher, parts.live);
  if (given.side === "left") parts.root.classList.add("left");
  if ("hidden" in given) parts.launcher.hidden = true;
  shadow.append(parts.root);

  // Colours (WCAG 2): text on the accent is black or white, whichever can be read better; words and lines in the accent's
  // colour become darker, or lighter on dark ground, until they stand out by 4.5 to 1.
  const light = (rgb) => rgb.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);

  function readable(rgb, ground, towards) {
    for (let share = 0; share < 1; share += 0.05) {
      const mixed = rgb.map((one) => Math.round(one + (towards - one) * share));
      if (contrast(mixed, ground) >= 4.5) return `rgb(${mixed.join(" ")})`;
    }
    return `rgb(${towards} ${towards} ${towards})`;
  }

  function tint(color) {
    if (!/^#[0-9a-f]{6}$/i.test(color)) return;
    const rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    const style = parts.root.style;
    style.setProperty("--accent", color);
    style.setProperty("--on-accent", contrast(rgb, [255, 255, 255]) >= contrast(rgb, [17, 17, 17]) ? "#fff" : "#111");
    style.setProperty("--ink-light", readable(rgb, [245, 246, 250], 0));
    style.setProperty("--ink-dark", readable(rgb, [38, 42, 52], 255));
  }

  function dress() {
    parts.title.textContent = given.title || state.look.title || say("title");
    tint(given.color || state.look.color || "");
    parts.clip.hidden = !state.limits.file_bytes;
    parts.files.accept = state.limits.file_types.join(",");
    draw();
  }

  // Drawing: each message is one element that lives as long as it is shown ------------------------------------------------

  const drawn = new Map();

  function draw({ down = false, stay = false } = {}) {
    const log = parts.log;
    const atEnd = down || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const messages = state.order.map((id) => state.said.get(id));
    const unsent = [...state.pending.values()].map((one) => ({ ...one, client: one.id, from: "you", pending: one }));
    const all = [...messages, ...unsent];
    parts.earlier.hidden = !state.earlier;
    const wanted = [parts.earlier];
    if (state.ready && !all.length) wanted.push(welcome());
    let day = "";
    all.forEach((one, at) => {
      const before = all[at - 1];
      const after = all[at + 1];
      const date = new Date(one.at).toDateString();
      if (date !== day) wanted.push(remembered(`d:${date}`, date, () => el("div", { class: "day" }, dayOf(new Date(one.at)))));
      const same = (other) => other && other.from === one.from && (other.name || "") === (one.name || "") && new Date(other.at).toDateString() === date && Math.abs(new Date(other.at) - new Date(one.at)) < 300000;
      const shape = { first: date !== day || !same(before), last: !same(after), newest: at === all.length - 1 };
      day = date;
      const key = one.client ? `c:${one.client}` : `m:${one.id}`;
      const stamp = JSON.stringify([one.recalled, one.edited && one.parts, one.pending ? one.pending.status : "", shape, one.name]);
      wanted.push(remembered(key, stamp, () => row(one, shape)));
    });
    wanted.push(parts.typing);
    for (const [key, one] of drawn) if (!wanted.includes(one.node)) { one.node.remove(); drawn.delete(key); }
    wanted.forEach((node, at) => { if (log.children[at] !== node) log.insertBefore(node, log.children[at] || null); });
    while (log.children.length > wanted.length) log.lastChild.remove();
    if (atEnd && !stay) log.scrollTop = log.scrollHeight;
  }

  function remembered(key, stamp, make) {
    const known = drawn.get(key);
    if (known && known.stamp === stamp) return known.node;
    const node = make();
    if (known) {
      const focused = shadow.activeElement && known.node.contains(shadow.activeElement);
      known.node.replaceWith(node);
      if (focused) parts.input.focus();
    }
    drawn.set(key, { stamp, node });
    return node;
  }

  function welcome() {
    const choices = (given.choices ? given.choices.split("|") : state.look.choices || []).map((one) => one.trim()).filter(Boolean);
    const greeting = given.greeting || state.look.greeting || say("greeting");
    return remembered("welcome", greeting + choices.join("|"), () => {
      const bubble = el("div", { class: "bubble" }, el("p", {}, greeting));
      const line = el("div", { class: "line" }, el("div", { class: "avatar", "aria-hidden": "true" }, icon(...ICONS.chat)), bubble);
      const buttons = choices.map((text) => el("button", { type: "button", onclick: () => { utter({ choice: { text }, text }); parts.input.focus(); } }, text));
      return el("div", { class: "row last" }, line, buttons.length ? el("div", { class: "menu" }, ...buttons) : null);
    });
  }

  function row(one, shape) {
    const who = one.from === "you" ? say("you") : one.name || say(one.from);
    const bubble = el("div", { class: "bubble" });
    const below = [];
    if (one.recalled) bubble.append(el("p", {}, say("recalled")));
    else if (one.pending) fillPending(bubble, one.pending);
    else for (const part of one.parts) fill(bubble, part, one, shape, below);
    const made = el("div", { class: `row ${one.from}${shape.last ? " last" : ""}${one.recalled ? " recalled" : ""}` });
    if (one.from !== "you" && one.from !== "system" && shape.first) made.append(el("p", { class: "who", "aria-hidden": "true" }, who));
    const line = el("div", { class: "line" });
    if (one.from === "agent" || one.from === "bot") {
      line.append(shape.last ? el("div", { class: "avatar", "aria-hidden": "true" }, one.from === "bot" ? icon(...ICONS.chat) : [...who][0].toUpperCase()) : el("div", { class: "gap" }));
    }
    line.append(el("span", { class: "hidden" }, `${who}: `), bubble);
    made.append(line, ...below);
    const meta = metaOf(one, shape);
    if (meta) made.append(meta);
    if (one.pending && one.pending.status !== "sent") made.classList.add("pending", ...(["failed", "refused"].includes(one.pending.status) ? ["problem"] : []));
    return made;
  }

  function metaOf(one, shape) {
    const pending = one.pending;
    if (pending && pending.status === "failed") {
      return el("p", { class: "meta bad", role: "alert" }, say("failed"), el("button", { type: "button", onclick: () => { pending.tries = 0; retry(pending); } }, say("retry")));
    }
    if (pending && pending.status === "refused") {
      return el("p", { class: "meta bad", role: "alert" }, pending.code === "bad_type" ? say("badType") : say("refused"));
    }
    if (pending && pending.status !== "sent") return el("p", { class: "meta" }, say(pending.status));
    if ((!shape.last && !one.edited) || one.from === "system") return null;
    const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(new Date(one.at));
    const sent = one.from === "you" && shape.newest;
    return el("p", { class: "meta" }, el("time", { datetime: one.at }, time), one.edited ? ` · ${say("edited")}` : null, ...(sent ? [icon(...ICONS.tick), say("sent")] : []));
  }

  function fillPending(bubble, pending) {
    if (pending.preview) {
      bubble.classList.add("bare");
      bubble.append(el("div", { class: "shot" }, el("img", { src: pending.preview, alt: pending.text })));
    } else if (pending.file) bubble.append(card(pending.text, size(pending.file.size)));
    else bubble.append(...linked(pending.text));
  }

  function fill(bubble, part, one, shape, below) {
    if (part.kind === "text") bubble.append(...linked(part.text));
    else if (part.kind === "image" && part.url) {
      if (one.parts.length === 1 && !part.text) bubble.classList.add("bare");
      const image = el("img", { src: `${base}/${part.url}`, alt: part.name || say("file"), loading: "lazy", onload: stick });
      bubble.append(el("a", { class: "shot", href: `${base}/${part.url}`, target: "_blank", rel: "noopener noreferrer" }, image));
      if (part.text) bubble.append(...linked(part.text));
    } else if (part.kind === "link") {
      bubble.append(safe(part.url) ? el("a", { class: "card", href: part.url, target: "_blank", rel: "noopener noreferrer nofollow" }, icon(...ICONS.link), el("span", {}, el("b", {}, part.title), el("small", {}, part.about || hostOf(part.url)), el("span", { class: "hidden" }, say("opens")))) : el("p", {}, part.title));
    } else if (part.kind === "menu") {
      if (part.head) bubble.append(...linked(part.head));
      if (part.tail) bubble.append(...linked(part.tail));
      if (!part.head && !part.tail) bubble.classList.add("bare");
      below.push(el("div", { class: "menu" }, ...part.items.map((item) => menuItem(item, shape.newest))));
    } else if (part.url) {
      const made = card(part.name || say("file"), size(part.size || 0), `${base}/${part.url}`);
      bubble.append(made);
      if (part.text) bubble.append(...linked(part.text));
    } else bubble.append(el("p", {}, part.name || part.text || say("file")));
  }

  function menuItem(item, isOpen) {
    if (safe(item.url)) return el("a", { href: item.url, target: "_blank", rel: "noopener noreferrer nofollow" }, item.text, el("span", { class: "hidden" }, say("opens")));
    if (!item.id) return el("span", {}, item.text);
    return el("button", { type: "button", disabled: !isOpen, onclick: () => { utter({ choice: { id: item.id, text: item.text }, text: item.text }); parts.input.focus(); } }, item.text);
  }

  function card(name, about, href) {
    const inside = [icon(...ICONS.file), el("span", {}, el("b", {}, name), el("small", {}, about))];
    return href ? el("a", { class: "card", href, target: "_blank", rel: "noopener noreferrer", download: name }, ...inside) : el("div", { class: "card" }, ...inside);
  }

  const safe = (url) => (/^(https?:\/\/|mailto:|tel:)/i.test(url || "") ? url : "");
  const stick = () => { const log = parts.log; if (log.scrollHeight - log.scrollTop - log.clientHeight < 400) log.scrollTop = log.scrollHeight; };
  const hostOf = (url) => { try { return new URL(url).host; } catch { return ""; } };

  // Text stays text: web addresses become links, nothing else becomes anything.
  function linked(text) {
    const line = el("p");
    let at = 0;
    for (const found of text.matchAll(/https?:\/\/[^\s<>"'，。；！？、）】》]+/g)) {
      const url = found[0].replace(/[.,;:!?)\]}]+$/, "");
      line.append(text.slice(at, found.index), el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, url));
      at = found.index + url.length;
    }
    line.append(text.slice(at));
    return [line];
  }

  function dayOf(date) {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
    if (days === 0) return say("today");
    if (days === 1) return say("yesterday");
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(date);
  }

  function announce(news) {
    for (const one of news.slice(-3)) {
      const text = one.parts.map((part) => part.text || part.head || part.title || part.name || "").join(" ");
      const who = one.name || say(one.from);
      parts.live.append(el("p", {}, `${who}: ${text}`));
    }
    while (parts.live.children.length > 6) parts.live.firstChild.remove();
  }

  function show(link) {
    if (state.link === link) return;
    state.link = link;
    parts.status.className = `status ${link}`;
    parts.status.textContent = say(link);
  }

  let hiding = 0;
  function notice(text) {
    parts.notice.textContent = text;
    parts.notice.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => { parts.notice.hidden = true; }, 6000);
  }

  function badge() {
    parts.badge.hidden = !state.unread || state.open;
    parts.badge.textContent = state.unread > 99 ? "99+" : String(state.unread);
    const label = state.open ? say("close") : say("open");
    parts.launcher.setAttribute("aria-label", state.unread && !state.open ? `${label}, ${say("unread", state.unread)}` : label);
  }

  function grow() {
    const { input, send: button, count } = parts;
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 132)}px`;
    const over = input.value.trim().length - state.limits.text;
    count.hidden = over <= 0;
    count.textContent = over > 0 ? say("tooLong", over) : "";
    button.disabled = !input.value.trim() || over > 0;
  }

  // Opening and closing ---------------------------------------------------------------------------------------------------

  function open({ focus = true } = {}) {
    state.open = true;
    mine.set("open", true);
    parts.panel.hidden = false;
    parts.root.classList.add("open");
    parts.launcher.setAttribute("aria-expanded", "true");
    parts.launcher.replaceChildren(icon(...ICONS.down), parts.badge);
    listen();
    draw({ down: true });
    grow();
    acknowledge();
    badge();
    if (focus) parts.input.focus();
  }

  function close() {
    const inside = parts.panel.contains(shadow.activeElement);
    state.open = false;
    mine.set("open", null);
    parts.panel.hidden = true;
    parts.root.classList.remove("open");
    parts.launcher.setAttribute("aria-expanded", "false");
    parts.launcher.replaceChildren(parts.face, parts.badge);
    badge();
    if (inside) parts.launcher.focus();
  }

  const toggle = () => (state.open ? close() : open());

  parts.input.addEventListener("input", () => { mine.set("draft", parts.input.value || null); grow(); types(); });
  parts.input.addEventListener("keydown", (event) => {
    // Enter also ends a word that an input method composes: then it sends nothing.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      send();
    }
  });
  parts.input.addEventListener("paste", (event) => {
    const files = [...((event.clipboardData && event.clipboardData.files) || [])];
    if (files.length && state.limits.file_bytes) { event.preventDefault(); attach(files); }
  });
  parts.panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) { event.stopPropagation(); close(); }
    if (event.key === "Tab" && window.matchMedia("(max-width: 480px)").matches) trap(event);
  });
  parts.panel.addEventListener("dragover", (event) => { if (state.limits.file_bytes) { event.preventDefault(); parts.drop.hidden = false; } });
  parts.panel.addEventListener("dragleave", (event) => { if (!parts.panel.contains(event.relatedTarget)) parts.drop.hidden = true; });
  parts.panel.addEventListener("drop", (event) => { event.preventDefault(); parts.drop.hidden = true; if (state.limits.file_bytes) attach(event.dataTransfer.files); });

  // Where the window covers the whole screen, the page behind it must not get the focus.
  function trap(event) {
    const all = [...parts.panel.querySelectorAll("button, a[href], textarea, [tabindex='0']")].filter((one) => !one.hidden && !one.disabled && one.offsetParent);
    const [first, last] = [all[0], all[all.length - 1]];
    const now = shadow.activeElement;
    if (event.shiftKey && now === first) { event.preventDefault(); last.focus(); }
    else if (!event.shiftKey && now === last) { event.preventDefault(); first.focus(); }
  }

  window.addEventListener("online", () => { show("connecting"); state.failures = 0; wake(); for (const one of state.pending.values()) if (one.status !== "refused") retry(one); });
  window.addEventListener("offline", () => { show("offline"); wake(); });
  document.addEventListener("visibilitychange", () => { looked(); if (document.visibilityState === "visible") acknowledge(); });

  window.csdesk = Object.freeze({
    open: () => open(),
    close: () => close(),
    /** Somebody signed in on the page: the token that your server made with sign_user. */
    identify(token) { state.user = String(token || ""); signIn(); },
    /** Somebody signed out: the next one begins anew. */
    forget() { shared.set("visit", null); shared.set("pending", null); mine.set("draft", null); state.token = null; state.user = ""; state.pending.clear(); reset(); wake(); },
  });

  // At once, not when the window is opened: by then the word of the host may be too old.
  function signIn() {
    const known = shared.get("visit");
    if (!state.user || (known && known.user === subject(state.user))) return;
    const begun = () => visit().then(() => { if (state.open || state.said.size) listen(); wake(); }, () => {});
    if (visiting) visiting.then(begun, begun);
    else begun();
  }

  const start = () => {
    document.body.append(host);
    state.link = "";
    show("connecting");
    for (const one of shared.get("pending") || []) state.pending.set(one.id, { ...one, status: "sending" });
    parts.input.value = mine.get("draft") || "";
    const known = shared.get("visit");
    state.token = null;
    dress();
    badge();
    if (mine.get("open") || "open" in given) open({ focus: false });
    else if (known) listen();
    signIn();
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
})();
