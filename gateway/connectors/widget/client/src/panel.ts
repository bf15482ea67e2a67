// The panel: head, conversation, composer. It shows what talk.ts holds and keeps no conversation of its own.

import { composer, dropped, field, fit } from "./composer";
import { button, h } from "./dom";
import { focus } from "./events";
import { asked } from "./form";
import { cutAt, online } from "./line";
import { alone, base } from "./place";
import { CROSS, row } from "./rows";
import { isMuted } from "./sound";
import { encode, put } from "./storage";
import { isAsked, items, log, progress, see, typingUntil, type Shown } from "./talk";
import { language, T, t } from "./texts";
import type { Look } from "./wire";

const GROUP = 300_000; // ms of messages that stand as one group
const NETWORK_PATIENCE = 3000;

export let panel: HTMLDialogElement;
let list: HTMLElement;
let note: HTMLElement;
let typing: HTMLElement;
let greeting: HTMLElement;
let rows: Record<string, { sign: string; element: HTMLElement }>;
let atEnd = true;

// Stays at the newest message if that is what is looked at.
export function settle(): void {
  if (atEnd) list.scrollTop = list.scrollHeight;
  watch();
}

// Which of the operator's words are before the visitor's eyes?
export function watch(): void {
  const last = log.messages.filter((one) => one.from == "operator").at(-1);
  if (last && atEnd && panel?.open && !document.hidden) see(last.id);
}

export function enlarge(src: string, alt: string): void {
  const light = h(
    "dialog",
    { className: "light", ariaLabel: alt, onclick: () => light.close(), onclose: () => light.remove() },
    button(t(T.close), CROSS, () => light.close()),
    h("img", { src, alt }),
  );
  panel.after(light);
  light.showModal();
}

export function build(look: Look, close: () => void): void {
  rows = {};
  const title = look.title || t(T.write);
  const mute = button(t(T.sound), "M4 10v4h3l5 4V6L7 10zm11-1a4 4 0 010 6m3-9a8 8 0 010 12", () => {
    put("mute", !isMuted());
    named();
  });
  const named = () => (mute.ariaPressed = `${!isMuted()}`);
  named();
  note = h("div", { className: "note", role: "status" });
  typing = h("div", "typing");
  greeting = h("div", "row their first", h("div", "b text", look.greeting));
  list = h("div", {
    className: "log",
    role: "log",
    tabIndex: 0,
    ariaLabel: title,
    onscroll() {
      atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      watch();
    },
  });
  panel = h(
    "dialog",
    {
      className: "panel",
      ariaLabel: title,
      tabIndex: -1,
      onclose: close,
      onkeydown(event: KeyboardEvent) {
        if (event.key != "Escape" || alone || event.defaultPrevented) return;
        event.preventDefault(); // it would close a dialog of the page's too
        panel.close();
      },
      ondragover: (event: DragEvent) => event.preventDefault(),
      ondrop: dropped,
    },
    h(
      "header",
      {},
      look.avatar && h("img", { src: base + "avatar", alt: "" }),
      h("h2", {}, title),
      mute,
      !alone && button(t(T.close), CROSS, () => panel.close()),
    ),
    note,
    list,
    typing,
    composer(look.text_limit),
  );
}

export function show(isModal: boolean, isFocused: boolean): void {
  atEnd = true;
  panel.open = false; // one that was moved is modal no more
  if (isModal) panel.showModal();
  else if (isFocused) panel.show();
  else panel.open = true; // leaves the focus where it is
  fit();
  if (isFocused || isModal) focus(matchMedia("(pointer:coarse)").matches ? panel : field);
}

export function render(look: Look): void {
  const say = (where: HTMLElement, words: string) => {
    if (where.textContent != words) where.textContent = words;
  };
  const late = cutAt && (!navigator.onLine || Date.now() - cutAt > NETWORK_PATIENCE);
  say(note, late ? t(T.network) : online ? "" : t(T.offline));
  say(typing, typingUntil > Date.now() ? t(T.typing) : "");

  const nodes: Node[] = [];
  const form = asked(look, isAsked());
  if (look.greeting) nodes.push(greeting);
  if (form) nodes.push(form);

  const before = rows;
  const root = panel.getRootNode() as ShadowRoot;
  const add = (id: string, sign: string, make: () => HTMLElement) => {
    const old = before[id];
    const entry = old?.sign == sign ? old : { sign, element: make() };
    if (old && old != entry && old.element.contains(root.activeElement)) setTimeout(() => entry.element.focus());
    rows[id] = entry;
    nodes.push(entry.element);
  };
  rows = {};
  const known = new Map<string, Shown>();
  for (const one of [...log.messages, ...items]) if (!known.has(one.id)) known.set(one.id, one);
  const all = [...known.values()];
  const group = (one?: Shown) => one && [one.from, one.author, Math.floor(one.at / GROUP)].join();
  let day = "";
  all.forEach((one, place) => {
    const today = new Date(one.at).toLocaleDateString(language, { day: "numeric", month: "long" });
    if (today != day) add("day " + today, "", () => h("div", "day", today));
    day = today;
    const isFirst = group(one) != group(all[place - 1]);
    const isLast = group(one) != group(all[place + 1]);
    const quoted = known.get(one.reply_to!);
    add(one.id, encode([one, isFirst, isLast, quoted]), () => row(one, isFirst, isLast, quoted));
  });
  for (const bar of list.querySelectorAll("progress")) bar.value = progress[bar.id] ?? 0;

  for (const one of [...list.childNodes]) if (!nodes.includes(one)) one.remove();
  nodes.forEach((one, place) => {
    if (list.childNodes[place] != one) list.insertBefore(one, list.childNodes[place] ?? null);
  });
  settle();
}
