// The element on the site's page: the bubble, the panel, and what they share with the page (its title, its events).

import { h, icon } from "./dom";
import * as events from "./events";
import * as layer from "./layer";
import * as line from "./line";
import { build, panel, render, show, watch } from "./panel";
import { alone, options } from "./place";
import { ring } from "./sound";
import { drop, encode, get, prefix, put } from "./storage";
import sheet from "./style.css";
import * as talk from "./talk";
import { language, speak, T, t } from "./texts";
import { revoke } from "./transfer";
import type { Look, User, Visit } from "./wire";

const BLUE = "#2f6fed";

type Handler = (detail: unknown) => void;

export const element = document.createElement("open-lines");
const root = h("div", "root");
const badge = h("span", "badge");
export const bubble = h(
  "button",
  { className: "bubble", onclick: toggle },
  icon("M12 4c-5 0-9 3-9 8 0 2 1 4 3 5l-1 4 4-2c6 1 12-2 12-7s-4-8-9-8z"),
  badge,
);
const handlers: Record<string, Set<Handler>> = {};
const leaving = new AbortController();
const phone = matchMedia("(max-width:480px)");
const dark = matchMedia("(prefers-color-scheme:dark)");

let look: Look;
let isOpen = false;
let isTrapped = false; // by a page that lets the focus go nowhere else
let drawing = 0;
let titled = ""; // what stands before the page's own title
const said: Record<string, unknown> = { unread: 0 };

export const isWatched = () => isOpen && !document.hidden;
const ownTitle = () => document.title.slice(document.title.startsWith(titled) ? titled.length : 0);

export function visit(): Visit {
  return { url: location.href, title: ownTitle(), referrer: document.referrer };
}

export function begin(): void {
  const listen = (on: EventTarget, type: string, act: (event: any) => void) =>
    on.addEventListener(type, act, { signal: leaving.signal });
  const shadow = element.attachShadow({ mode: "open" });
  const sheets = new CSSStyleSheet();
  sheets.replaceSync(sheet);
  shadow.adoptedStyleSheets = [sheets];
  shadow.append(root);
  listen(window, "online", line.wake);
  listen(window, "offline", line.cut);
  listen(window, "securitypolicyviolation", line.forbid);
  listen(window, "pagehide", talk.keep);
  listen(window, "pageshow", line.wake); // out of the browser's cache its sockets are dead
  listen(window, "storage", ({ key }: StorageEvent) => {
    const name = key?.startsWith(prefix) ? key.slice(prefix.length) : "";
    if (name == "log") talk.adopt();
    if (name == "session") line.adopt();
    if (name.startsWith("o:")) {
      talk.reload();
      void line.start();
    }
  });
  listen(document, "visibilitychange", () => {
    if (document.hidden) return;
    line.wake();
    watch();
  });
  listen(dark, "change", changed);
  listen(visualViewport!, "resize", fit);
  listen(visualViewport!, "scroll", fit);
  const clock = setInterval(tick, 2000);
  leaving.signal.onabort = () => clearInterval(clock);
  const insist = () => {
    if (isTrapped || !isOpen) return;
    isTrapped = true;
    raise(true);
  };
  events.keep(shadow, insist, leaving.signal);
  // Not into the body: frameworks replace it, and a transform on it would carry what is fixed.
  layer.keep(() => isOpen && raise(false), leaving.signal);
  void settled();
}

async function settled(): Promise<void> {
  if (alone || options.open != null || (get("open") && !phone.matches)) open(false);
  if (!talk.isNew() || line.who()) void line.start();
  // The bubble waits for its colours; without an answer it comes in the plain ones.
  else if (!isOpen) await line.enter().catch(() => {});
  draw();
  root.append(bubble);
  emit("ready");
}

// ── looks ───────────────────────────────────────────────────────────────────────────────────────────

function dress(): void {
  // Between two visitors it stays as it is: a panel made anew would take the words from under the fingers.
  const next = { ...(line.session?.look ?? look), ...options } as Look;
  const { classList, style } = root;
  classList.toggle("dark", next.theme == "dark" || (next.theme != "light" && dark.matches));
  if (encode(next) == encode(look)) return;
  look = next;
  speak(look.language);
  root.lang = language;
  root.dir = "ltr"; // these words', whatever the page's is
  const color = /^#[\da-f]{6}$/i.test(look.color) ? look.color : BLUE;
  const [r, g, b] = [1, 3, 5].map((from) => (parseInt(color.slice(from, from + 2), 16) / 255) ** 2.2);
  style.setProperty("--c", color);
  style.setProperty("--on", 0.213 * r! + 0.715 * g! + 0.072 * b! > 0.183 ? "#000" : "#fff");
  classList.toggle("left", look.position == "left");
  classList.toggle("alone", alone);
  panel?.remove();
  build(look, closed);
  root.prepend(panel);
  if (isOpen) raise(false);
}

function raise(focus: boolean): void {
  fit();
  show((phone.matches || isTrapped) && !alone, focus);
}

// A phone's keyboard covers what is fixed; this is what is left.
function fit(): void {
  // What the page's own zoom enlarges would hang out of the window.
  root.style.zoom = `${1 / ((element as { currentCSSZoom?: number }).currentCSSZoom || 1)}`;
  root.style.setProperty("--h", visualViewport!.height + "px");
  root.style.setProperty("--t", visualViewport!.offsetTop + "px");
}

export function changed(): void {
  drawing ||= window.setTimeout(draw, 10);
}

function draw(): void {
  clearTimeout(drawing);
  drawing = 0;
  if (leaving.signal.aborted) return;
  dress();
  if (isOpen) render(look);
  const count = talk.unread();
  const words = t(isOpen ? T.close : T.open);
  badge.textContent = `${count || ""}`;
  bubble.ariaLabel = count ? `${words} (${count})` : words;
  bubble.ariaExpanded = `${isOpen}`;
  const title = ownTitle();
  titled = count ? `(${count}) ` : "";
  if (document.title != titled + title) document.title = titled + title;
  tell("unread", count);
  if (line.session) tell("online", line.online);
}

function tick(): void {
  line.tick();
  talk.flush();
  if (line.cutAt && isOpen) draw();
}

export function news(message: talk.Shown): void {
  if (!isOpen || !document.hasFocus()) ring(message.id);
  emit("message", message);
}

// ── what the site's page may ask for ────────────────────────────────────────────────────────────────

export function open(focus = true): void {
  if (isOpen) return;
  isOpen = true;
  root.classList.add("open");
  if (panel) raise(focus);
  draw();
  void line.start();
  if (!alone) put("open", 1);
  emit("open");
}

function closed(): void {
  if (!isOpen || panel.open) return;
  isOpen = isTrapped = false;
  root.classList.remove("open");
  drop("open");
  changed();
  emit("close");
}

export function close(): void {
  if (alone) return;
  panel?.close();
  closed(); // the dialog itself tells it late
}

export function toggle(): void {
  if (isOpen) close();
  else open();
}

export function identify(user: User | null): void {
  line.identify(user);
  if (user && element.isConnected) void line.start();
}

export function on(event: string, handler: Handler): () => void {
  (handlers[event] ??= new Set()).add(handler);
  return () => void handlers[event]!.delete(handler);
}

function emit(event: string, detail?: unknown): void {
  for (const handler of handlers[event] ?? [])
    try {
      handler(detail);
    } catch (error) {
      console.error(error); // the page's own fault must not be ours
    }
}

function tell(event: string, value: unknown): void {
  if (said[event] === value) return;
  said[event] = value;
  emit(event, value);
}

export function destroy(): void {
  if (leaving.signal.aborted) return;
  talk.keep();
  document.title = ownTitle();
  leaving.abort();
  line.stop();
  revoke();
  element.remove();
  emit("destroy");
}
