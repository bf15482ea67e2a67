// Where the visitor writes: words, files by button, camera, paste or drop, and a draft that survives a reload.

import { draft, putDraft } from "../state/storage";
import { session } from "../state/visitor";
import { sayTyping, write } from "../transport/delivery";
import { button, CROSS, h, icon } from "./dom";
import { answers } from "./form";
import { settle } from "./list";
import { focus } from "./page_events";
import { amount } from "./rows";
import { split } from "./split";
import { T, t } from "./texts";

const EMOJI = "😊😂😍🤔😢👍🙏🔥";
const TYPING_EVERY = 3000;
const MOST_FILES = 10;
const MOST_PARTS = 10; // what is pasted and would be more messages goes as a file

export let field: HTMLTextAreaElement;
let above: HTMLElement;
let alert: HTMLElement;
let long: HTMLElement;
let limit: number;
let files: File[] = [];
let typed = 0;

export function fit(): void {
  const { style } = field;
  style.height = "0";
  style.height = field.scrollHeight + "px";
}

function changed(): void {
  fit();
  putDraft(field.value);
  const { length } = split(field.value, limit);
  long.textContent = length > 1 ? `${t(T.parts)} ${length}` : "";
  if (!field.value.trim() || Date.now() - typed < TYPING_EVERY) return;
  typed = Date.now();
  sayTyping();
}

// Adds what can go, and says of each of the others why it cannot. `folders`: names.
function attach(more: Iterable<File>, folders: string[] = []): void {
  const most = session?.look.upload_limit ?? Infinity;
  const reasons: string[] = [];
  for (const file of more) {
    const reason = folders.includes(file.name)
      ? t(T.folder)
      : !file.size
        ? t(T.empty)
        : file.size > most
          ? `${t(T.too_large)} (> ${amount(most)})`
          : files.length == MOST_FILES && t(T.many);
    if (reason) reasons.push(`${file.name}: ${reason}`);
    else files.push(file);
  }
  alert.textContent = reasons.join("\n");
  draw();
}

function attachAll({ files, items }: DataTransfer): void {
  attach(files, [...items].map((one) => one.webkitGetAsEntry?.()).flatMap((one) => (one?.isDirectory ? one.name : [])));
}

// Whether it was too much for messages.
function attachText(words: string): boolean {
  const isMuch = words.length > limit * MOST_PARTS;
  if (isMuch) {
    attach([new File([words], "text.txt", { type: "text/plain" })]);
    alert.textContent ||= t(T.as_file);
  }
  return isMuch;
}

function insert(words: string): void {
  field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
  focus(field);
  changed();
}

export function dropped(event: DragEvent): void {
  event.preventDefault();
  const given = event.dataTransfer!;
  const words = given.getData("text/plain");
  if (given.files.length) attachAll(given);
  else if (!attachText(words)) insert(words);
}

function pasted(event: ClipboardEvent): void {
  const given = event.clipboardData!;
  const words = given.getData("text/plain");
  const { files } = given;
  // Office programs put a picture of the text beside it; the name of a file is no text.
  if (files.length && (!words.trim() || words.startsWith(files[0]!.name))) attachAll(given);
  else if (!attachText(words)) return;
  event.preventDefault();
}

function draw(): void {
  above.replaceChildren(
    ...files.map((file) =>
      h(
        "div",
        "chip",
        h("span", {}, file.name),
        button(`${t(T.remove)} ${file.name}`, CROSS, () => {
          files = files.filter((one) => one != file);
          draw();
        }),
      ),
    ),
  );
  settle();
  focus(field);
}

function send(): void {
  const text = field.value.trim();
  if ((!text && !files.length) || !answers()) return;
  const parts = split(text, limit);
  const last = parts.pop();
  for (const text of parts) write({ text });
  write({ text: last }, files);
  field.value = alert.textContent = "";
  files = [];
  changed();
  typed = 0;
  draw();
}

function picker(label: string, path: string, className: string, traits: object): HTMLElement {
  const input = h("input", { type: "file", ...traits });
  input.onchange = () => {
    attach(input.files!);
    input.value = "";
  };
  return button(label, path, () => input.click(), className);
}

export function composer(most = 4096): HTMLElement {
  limit = most;
  field = h("textarea", {
    rows: 1,
    placeholder: t(T.write),
    dir: "auto",
    enterKeyHint: "send",
    value: draft(),
    oninput: changed,
    onkeydown(event: KeyboardEvent) {
      // An input method's Enter; Safari ends the composition before it tells of the key.
      if (event.key != "Enter" || event.shiftKey || event.isComposing || event.keyCode == 229) return;
      event.preventDefault();
      send();
    },
    onpaste: pasted,
  });
  above = h("div", "above");
  alert = h("div", { className: "alert", role: "alert" });
  long = h("div", { className: "long", role: "status" });
  const emoji = h(
    "details",
    {},
    h("summary", { className: "i", title: t(T.emoji) }, icon("M12 3a9 9 0 100 18 9 9 0 000-18zM8 14a4 4 0 008 0M9 9v1m6-1v1")),
    h(
      "div",
      "emoji",
      ...[...EMOJI].map((one) =>
        h("button", {
          onclick: () => insert(one),
        }, one),
      ),
    ),
  );
  const bar = h(
    "div",
    "bar",
    picker(t(T.attach), "M20 11l-8 8a5 5 0 01-7-7l8-8a3 3 0 015 5l-8 8a2 2 0 01-3-3l8-7", "", { multiple: true }),
    picker(t(T.photo), "M4 8h3l2-3h6l2 3h3v11H4zm8 2a3 3 0 100 6 3 3 0 000-6z", "cam", { accept: "image/*", capture: "environment" }),
    field,
    emoji,
    button(t(T.send), "M4 12L20 4l-5 16-4-7z", send, "go"),
  );
  return h("div", "composer", alert, long, above, bar);
}
