// The conversation as this browser knows it: what the log told (cached, so that it opens at once), and what is still to be
// said, one stored item each, so that tabs do not write over one another. It draws nothing.

import { open, say, who, enter } from "./line";
import { all, drop, get, newId, prefix, put, putDraft } from "./storage";
import { send, revoke } from "./transfer";
import { changed, news, visit } from "./widget";
import type { Button, Frame, Message, Profile } from "./wire";

const CACHED = 150;
const ANSWER_WITHIN = 20_000;
const REFUSALS: Record<number, string> = { 413: "too_large", 415: "kind" }; // a proxy in between says no more

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
export let items: Shown[] = [];
export let typingUntil = 0;
export const progress: Record<string, number> = {};

const bytes: Record<string, File> = {};
const uploads: Record<string, XMLHttpRequest> = {};
let tab = newId();
let inflight = 0; // since when
let heldUntil = 0;
let isLive = false; // what comes now is news
let saidRead: string | null;

try {
  tab = sessionStorage[prefix] ??= tab; // a reload is the same tab
} catch {}

const key = (item: Shown) => `o:${item.at}:${item.id}`;
const empty = (): Log => ({ seq: null, seen: null, messages: [] });
const place = (id: string | null | undefined) => log.messages.findIndex((one) => one.id == id);

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
  changed();
}

// Another tab may have seen or pressed.
export function adopt(): void {
  const other = get<Log>("log");
  if (!other) return;
  if (place(other.seen) > place(log.seen)) log.seen = other.seen;
  for (const one of other.messages) if (one.pressed && log.messages[place(one.id)]) log.messages[place(one.id)]!.pressed = true;
  changed();
}

// Another visitor: nothing of the former stays, but for what nobody in particular has written and not sent yet.
export function forget(unsent: boolean): void {
  log = empty();
  isLive = false;
  drop("log");
  revoke();
  if (!unsent) {
    items.forEach(remove);
    drop("draft");
    putDraft("");
    drop("profile");
  }
  changed();
}

function store(item: Shown, what: Partial<Shown> = {}): void {
  Object.assign(item, what);
  if (!items.includes(item)) items.push(item);
  put(key(item), item);
  changed();
}

export function remove(item: Shown): void {
  drop(key(item));
  items = items.filter((one) => one.id != item.id);
  for (const file of item.attached ?? []) {
    uploads[file.key]?.abort();
    delete uploads[file.key];
  }
  inflight = 0;
  changed();
}

// ── from the gateway ────────────────────────────────────────────────────────────────────────────────

export function take(frame: Frame): void {
  const { type, id, seq } = frame;
  const { messages } = log;
  const message = messages[place(id)];
  const item = items.find((one) => one.id == id);
  if (type == "ready") {
    if (frame.torn) log = { ...empty(), seen: log.seen };
    isLive = false;
    log.seq ??= frame.after ?? null;
  } else if (type == "message" && id) {
    if (message) Object.assign(message, frame);
    else messages.push(frame as Shown);
    if (item) remove(item);
    if (frame.from == "operator") {
      typingUntil = 0;
      if (isLive && !message) news(frame as Shown);
    }
    void flush();
  } else if (type == "typing") {
    const seconds = frame.seconds ?? 5;
    typingUntil = Date.now() + seconds * 1000;
    setTimeout(changed, seconds * 1000);
  } else if (item && (type == "stored" || type == "refused")) {
    const { why = "bad", retry_after = 2 } = frame;
    inflight = 0;
    if (type == "stored") store(item, { state: "sent" });
    else if (why == "busy" || why == "too_fast") {
      store(item, { state: "waiting" });
      heldUntil = Date.now() + retry_after * 1000;
      setTimeout(flush, retry_after * 1000 + 20);
    } else if (why == "upload" && item.attached?.length) {
      // The gateway has the bytes no more.
      for (const file of item.attached) {
        delete file.upload;
        fail(item, file, bytes[file.key] ? why : "lost");
      }
    } else store(item, { state: "failed", why });
    void flush();
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

export function caughtUp(): void {
  items.filter((one) => one.state == "sent").forEach(remove);
  // A browser that sees this history for the first time has nothing unread in it.
  log.seen ??= log.messages.at(-1)?.id ?? "";
  isLive = true;
  keep();
  sayRead();
  void flush();
}

// The connection is gone: what was on its way has to go again.
export function interrupted(): void {
  inflight = 0;
  isLive = false;
  saidRead = null;
}

// ── to the gateway ──────────────────────────────────────────────────────────────────────────────────

export function write(what: Partial<Shown>, files: File[] = []): void {
  const attached = files.map((file) => {
    const key = newId();
    bytes[key] = file;
    return { key, name: file.name, size: file.size };
  });
  const at = Math.max(Date.now(), (items.at(-1)?.at ?? 0) + 1);
  store({ id: newId(), from: "visitor", at, tab, state: "waiting", attached, ...what });
  void flush();
}

export function press(message: Shown, { text, data }: Button): void {
  message.pressed = true;
  keep();
  write({ text, press: { message: message.id, data } });
}

export function again(item: Shown): void {
  store(item, { state: "waiting", tab });
  void flush();
}

// Sends what waits, in order, one at a time. Each tab sends its own, and after a while what others left behind.
export function flush(): void {
  const now = Date.now();
  if (!open || now - inflight < ANSWER_WITHIN) return;
  for (const item of items) {
    if (item.state == "failed" || item.state == "sent" || (item.tab != tab && now - item.at < ANSWER_WITHIN)) continue;
    const missing = item.attached?.find((file) => !file.upload);
    if (missing) bring(item, missing);
    else {
      if (now < heldUntil) return;
      const { id, text, attached } = item;
      const files = attached?.map(({ upload, name }) => ({ upload, name }));
      const profile = get<Profile>("profile") ?? undefined;
      // Consent is given once, with the first message.
      if (profile && log.messages.some((one) => one.from == "visitor")) delete profile.consent;
      const said = item.press
        ? say({ type: "press", id, ...item.press })
        : say({ type: "message", id, text, files, profile, visit: visit() });
      if (!said) return;
      inflight = now;
      store(item, { state: "sending" });
      return;
    }
  }
}

// A file that cannot go stays behind by itself, with the reason; the words that it came with go.
function fail(item: Shown, file: Attached, why: string): void {
  const attached = item.attached!.filter((one) => one != file);
  if (!item.text && !attached.length) return store(item, { state: "failed", why });
  store({ ...item, id: newId(), text: "", attached: [file], state: "failed", why });
  store(item, { state: "waiting", attached });
}

function bring(item: Shown, file: Attached): void {
  const { key } = file;
  if (uploads[key]) return;
  const body = bytes[key];
  if (!body) return fail(item, file, "lost");
  const request = (uploads[key] = send(key, body, (share) => {
    progress[key] = share;
    changed();
  }));
  request.onloadend = () => {
    if (uploads[key] != request) return; // cancelled
    delete uploads[key];
    const { status, response } = request;
    if (response?.upload) {
      file.upload = response.upload;
      store(item);
    }
    else if (status == 401) enter(true).then(flush, () => {});
    else if (status > 399 && status < 428 && status != 408) fail(item, file, REFUSALS[status] ?? response?.error ?? "upload");
    else
      return void body.slice(0, 1).arrayBuffer().then(
        () => setTimeout(flush, (response?.retry_after ?? 2) * 1000),
        () => {
          fail(item, file, "lost"); // moved or deleted since it was attached
          flush();
        },
      );
    flush();
  };
}

// The visitor has seen the operator's words up to this one.
export function see(id: string): void {
  if (place(id) <= place(log.seen)) return;
  log.seen = id;
  keep();
  sayRead();
  changed();
}

function sayRead(): void {
  const id = log.seen;
  if (id && id != saidRead && log.messages[place(id)]?.from == "operator" && say({ type: "read", id })) saidRead = id;
}

export const typing = () => say({ type: "typing" });
export const isAsked = () => isNew() && !who();
