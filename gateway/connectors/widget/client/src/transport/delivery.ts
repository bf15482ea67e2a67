// Brings what the visitor says to the gateway: each item until it is confirmed, files first, whatever the network does.

import {
  type Attached,
  catchUp,
  fallBehind,
  items,
  known,
  keep,
  learn,
  log,
  markSeen,
  remove,
  removed,
  type Shown,
  store,
} from "../state/conversation";
import { visit } from "../state/page";
import type { Button, Frame, Profile } from "../state/protocol";
import { changed } from "../state/signals";
import { get, newId, prefix } from "../state/storage";
import { connected, heard, interrupted, isConnected, say } from "./connection";
import { send } from "./files";
import { enter } from "./session";

const ANSWER_WITHIN = 20_000;
const REFUSALS: Record<number, string> = { 413: "too_large", 415: "kind" }; // a proxy in between says no more

export const progress: Record<string, number> = {}; // of uploads, by the file's key, up to 1

const bytes: Record<string, File> = {};
const uploads: Record<string, XMLHttpRequest> = {};
let tab = newId();
let inflight = 0; // since when
let heldUntil = 0;
let saidRead: string | null;

try {
  tab = sessionStorage[prefix] ??= tab; // a reload is the same tab
} catch {}

removed.on(({ attached }) => {
  for (const { key } of attached ?? []) {
    uploads[key]?.abort();
    delete uploads[key];
  }
  inflight = 0;
});

heard.on((frame) => {
  const { type, id } = frame;
  const item = items.find((one) => one.id == id);
  learn(frame);
  if (item && type == "message") remove(item); // it stands in the log
  if (item && (type == "stored" || type == "refused")) settle(item, frame);
  else if (type != "message") return;
  flush();
});

connected.on(() => {
  catchUp();
  sayRead();
  flush();
});

// What was on its way has to go again.
interrupted.on(() => {
  inflight = 0;
  fallBehind();
  saidRead = null;
});

function settle(item: Shown, { type, why = "bad", retry_after = 2 }: Frame): void {
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
}

export function write(what: Partial<Shown>, files: File[] = []): void {
  const attached = files.map((file) => {
    const key = newId();
    bytes[key] = file;
    return { key, name: file.name, size: file.size };
  });
  const at = Math.max(Date.now(), (items.at(-1)?.at ?? 0) + 1);
  store({ id: newId(), from: "visitor", at, tab, state: "waiting", attached, ...what });
  flush();
}

export function press(message: Shown, { text, data }: Button): void {
  message.pressed = true;
  keep();
  write({ text, press: { message: message.id, data } });
}

export function again(item: Shown): void {
  store(item, { state: "waiting", tab });
  flush();
}

// Sends what waits, in order, one at a time. Each tab sends its own, and after a while what others left behind.
export function flush(): void {
  const now = Date.now();
  if (!isConnected || now - inflight < ANSWER_WITHIN) return;
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
    changed.tell();
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
  if (markSeen(id)) sayRead();
}

function sayRead(): void {
  const id = log.seen;
  if (id && id != saidRead && known(id)?.from == "operator" && say({ type: "read", id })) saidRead = id;
}

export const sayTyping = () => say({ type: "typing" });
