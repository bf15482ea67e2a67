// The conversation as this browser knows it: what the log told (cached, so that it opens at once), and what is still to be
// said, one stored item each, so that tabs do not write over one another. It sends nothing and draws nothing.

import type { Frame, Message } from "./protocol";
import { changed, signal } from "./signals";
import { all, drop, get, put, putDraft } from "./storage";

const CACHED = 150;

export type Attached = { key: string; name: string; size: number; upload?: string };
export type State = "waiting" | "sending" | "sent" | "failed";

// A message as it is shown. What is still to be said has a state, and lies in the storage under a key of its own.
export type Shown = Message & {
  edited?: boolean;
  deleted?: boolean;
  emoji?: string | null;
  read?: boolean;
  pressed?: boolean;
  state?: State;
  why?: string;
  tab?: string;
  attached?: Attached[];
  press?: { message: string; data?: string };
};

type Log = { seq: string | null; seen: string | null; messages: Shown[] };

export let log: Log;
export let items: Shown[] = []; // still to be said
export let typingUntil = 0;
let isLive = false; // what comes now is news

export const arrived = signal<Shown>(); // a new message of an operator
export const removed = signal<Shown>(); // an item
export const forgotten = signal(); // all that a former visitor was told

const key = (item: Shown) => `o:${item.at}:${item.id}`;
const empty = (): Log => ({ seq: null, seen: null, messages: [] });
const place = (id: string | null | undefined) => log.messages.findIndex((one) => one.id == id);

export const known = (id: string | null) => log.messages[place(id)];
export const cursor = () => log.seq;
export const isNew = () => !items.length && !log.messages.length;
export const unread = () =>
  log.messages.slice(place(log.seen) + 1).filter((one) => one.from == "operator" && !one.deleted).length;

export function load(): void {
  log = get<Log>("log") ?? empty();
  reload();
}

export function keep(): void {
  log.messages = log.messages.slice(-CACHED);
  put("log", log);
}

// Another tab may have written.
export function reload(): void {
  items = all("o:");
  changed.tell();
}

// Another tab may have seen or pressed.
export function adopt(): void {
  const other = get<Log>("log");
  if (!other) return;
  if (place(other.seen) > place(log.seen)) log.seen = other.seen;
  for (const { id, pressed } of other.messages) if (pressed && known(id)) known(id)!.pressed = true;
  changed.tell();
}

// Another visitor: nothing of the former stays, but for what nobody in particular has written and not sent yet.
export function forget(unsent: boolean): void {
  log = empty();
  isLive = false;
  drop("log");
  forgotten.tell();
  if (!unsent) {
    items.forEach(remove);
    drop("draft");
    putDraft("");
    drop("profile");
  }
  changed.tell();
}

export function store(item: Shown, what: Partial<Shown> = {}): void {
  Object.assign(item, what);
  if (!items.includes(item)) items.push(item);
  put(key(item), item);
  changed.tell();
}

export function remove(item: Shown): void {
  drop(key(item));
  items = items.filter((one) => one.id != item.id);
  removed.tell(item);
  changed.tell();
}

// What the gateway tells of the log.
export function learn(frame: Frame): void {
  const { type, id, seq } = frame;
  const { messages } = log;
  const message = messages[place(id)];
  if (type == "ready") {
    if (frame.torn) log = { ...empty(), seen: log.seen };
    isLive = false;
    log.seq ??= frame.after ?? null;
  } else if (type == "message" && id) {
    if (message) Object.assign(message, frame);
    else messages.push(frame as Shown);
    if (frame.from == "operator") {
      typingUntil = 0;
      if (isLive && !message) arrived.tell(frame as Shown);
    }
  } else if (type == "typing") {
    const seconds = frame.seconds ?? 5;
    typingUntil = Date.now() + seconds * 1000;
    setTimeout(changed.tell, seconds * 1000);
  } else if (message) {
    if (type == "edit") Object.assign(message, { entities: [], buttons: [] }, frame, { type: "message", edited: true });
    if (type == "delete") message.deleted = true;
    if (type == "reaction") message.emoji = frame.emoji;
    if (type == "read") messages.slice(0, place(id) + 1).forEach((one) => (one.read = true));
  }
  if (seq && type != "stored") {
    log.seq = seq;
    if (isLive) keep();
  }
}

// All that there was has been told: what comes now is news.
export function catchUp(): void {
  items.filter((one) => one.state == "sent").forEach(remove);
  // A browser that sees this history for the first time has nothing unread in it.
  log.seen ??= log.messages.at(-1)?.id ?? "";
  isLive = true;
  keep();
}

export function fallBehind(): void {
  isLive = false;
}

// The visitor has seen the operator's words up to this one. Whether that is new?
export function markSeen(id: string): boolean {
  if (place(id) <= place(log.seen)) return false;
  log.seen = id;
  keep();
  changed.tell();
  return true;
}
