// The messages, one below the other. It shows what the conversation holds and keeps none of its own.

import { items, log, type Shown } from "../state/conversation";
import { language } from "../state/language";
import { isWatched } from "../state/page";
import { encode } from "../state/storage";
import { progress, see } from "../transport/delivery";
import { h } from "./dom";
import { root } from "./host";
import { row } from "./rows";

const GROUP = 300_000; // ms of messages that stand as one group

let list: HTMLElement;
let rows: Record<string, { sign: string; element: HTMLElement }>;
let atEnd = true;

// Stays at the newest message if that is what is looked at.
export function settle(): void {
  if (atEnd) list.scrollTop = list.scrollHeight;
  watch();
}

// Goes to the newest message with what is drawn next.
export function goToEnd(): void {
  atEnd = true;
}

// Which of the operator's words are before the visitor's eyes?
export function watch(): void {
  const last = log.messages.filter((one) => one.from == "operator").at(-1);
  if (last && atEnd && isWatched()) see(last.id);
}

export function buildList(title: string): HTMLElement {
  rows = {};
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
  // Pictures and players grow when they know their size.
  for (const type of ["load", "loadedmetadata"]) list.addEventListener(type, settle, true);
  return list;
}

// `head`: what stands above the messages.
export function renderList(head: Node[]): void {
  const nodes = [...head];
  const before = rows;
  const { activeElement } = root.getRootNode() as ShadowRoot;
  const add = (id: string, sign: string, make: () => HTMLElement) => {
    const old = before[id];
    const entry = old?.sign == sign ? old : { sign, element: make() };
    if (old && old != entry && old.element.contains(activeElement)) setTimeout(() => entry.element.focus());
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
