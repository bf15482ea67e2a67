// Begins and ends the widget: what it hears of the page and of other tabs, and to which part that goes.

import * as conversation from "./state/conversation";
import { isOpen, markTitle } from "./state/page";
import type { User } from "./state/protocol";
import { alone, options } from "./state/script";
import { changed } from "./state/signals";
import { get, prefix } from "./state/storage";
import { who } from "./state/visitor";
import * as connection from "./transport/connection";
import { flush } from "./transport/delivery";
import { revoke } from "./transport/files";
import * as identity from "./transport/identity";
import { enter } from "./transport/session";
import { emit } from "./views/callbacks";
import { attach, bubble, dark, element, leaving, phone, root } from "./views/host";
import { stayAbove } from "./views/layer";
import { watch } from "./views/list";
import { guard } from "./views/page_events";
import sheet from "./views/style.css";
import { draw, fit, insist, open, raise } from "./views/chat";

export function begin(): void {
  const { signal } = leaving;
  const listen = (on: EventTarget, type: string, act: (event: any) => void) => on.addEventListener(type, act, { signal });
  const shadow = attach(sheet);
  listen(window, "online", connection.wake);
  listen(window, "offline", connection.cut);
  listen(window, "securitypolicyviolation", connection.forbid);
  listen(window, "pagehide", conversation.keep);
  listen(window, "pageshow", connection.wake); // out of the browser's cache its sockets are dead
  listen(window, "storage", ({ key }: StorageEvent) => {
    const name = key?.startsWith(prefix) ? key.slice(prefix.length) : "";
    if (name == "log") conversation.adopt();
    if (name == "session") identity.adopt();
    if (name.startsWith("o:")) {
      conversation.reload();
      void connection.start();
    }
  });
  listen(document, "visibilitychange", () => {
    if (document.hidden) return;
    connection.wake();
    watch();
  });
  listen(dark, "change", changed.tell);
  listen(visualViewport!, "resize", fit);
  listen(visualViewport!, "scroll", fit);
  const clock = setInterval(tick, 2000);
  signal.onabort = () => clearInterval(clock);
  guard(shadow, insist, signal);
  // Not into the body: frameworks replace it, and a transform on it would carry what is fixed.
  stayAbove(() => isOpen && raise(false), signal);
  void appear();
}

async function appear(): Promise<void> {
  if (alone || options.open != null || (get("open") && !phone.matches)) open(false);
  if (!conversation.isNew() || who()) void connection.start();
  // The bubble waits for its colours; without an answer it comes in the plain ones.
  else if (!isOpen) await enter().catch(() => {});
  draw();
  root.append(bubble);
  emit("ready");
}

function tick(): void {
  connection.check();
  flush();
  if (connection.cutAt && isOpen) draw();
}

export function identify(user: User | null): void {
  identity.identify(user);
  if (user && element.isConnected) void connection.start();
}

export function destroy(): void {
  if (leaving.signal.aborted) return;
  conversation.keep();
  markTitle(0);
  leaving.abort();
  connection.stop();
  revoke();
  element.remove();
  emit("destroy");
}

connection.gone.on(destroy);
