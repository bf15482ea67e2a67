// The panel: head, messages, composer.

import { typingUntil } from "../state/conversation";
import type { Look } from "../state/protocol";
import { alone, base } from "../state/script";
import { put } from "../state/storage";
import { isAttended } from "../state/visitor";
import { cutAt } from "../transport/connection";
import { composer, dropped, field, fit } from "./composer";
import { button, CROSS, h } from "./dom";
import { asked } from "./form";
import { buildList, goToEnd, renderList } from "./list";
import { focus } from "./page_events";
import { isMuted } from "./sound";
import { T, t } from "./texts";

const NETWORK_PATIENCE = 3000;

export let panel: HTMLDialogElement;
let note: HTMLElement;
let typing: HTMLElement;
let greeting: HTMLElement;

export function build(look: Look, close: () => void): void {
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
    buildList(title),
    typing,
    composer(look.text_limit),
  );
}

export function show(isModal: boolean, isFocused: boolean): void {
  goToEnd();
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
  say(note, late ? t(T.network) : isAttended ? "" : t(T.offline));
  say(typing, typingUntil > Date.now() ? t(T.typing) : "");
  const form = asked(look, () => focus(field));
  renderList([...(look.greeting ? [greeting] : []), ...(form ? [form] : [])]);
}
