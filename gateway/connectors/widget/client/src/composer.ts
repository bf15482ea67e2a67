// Where the visitor writes: words, files by button, camera, paste or drop, and a draft that survives a reload.

import { button, h, icon } from "./dom";
import { answers } from "./form";
import { session } from "./line";
import { settle } from "./panel";
import { amount, CROSS } from "./rows";
import { drop, get, put } from "./storage";
import { typing, write } from "./talk";
import { T, t } from "./texts";

const EMOJI = "😊😂😍🤔😢👍🙏🔥";
const TYPING_EVERY = 3000;

export let field: HTMLTextAreaElement;
let above: HTMLElement;
let alert: HTMLElement;
let files: File[] = [];
let typed = 0;

export function fit(): void {
  const { style } = field;
  style.height = "0";
  style.height = field.scrollHeight + "px";
}

function changed(): void {
  fit();
  put("draft", field.value);
  if (!field.value.trim() || Date.now() - typed < TYPING_EVERY) return;
  typed = Date.now();
  typing();
}

export function attach(more: Iterable<File>): void {
  const limit = session?.look.upload_limit ?? Infinity;
  const fitting = [...more].filter((one) => one.size <= limit);
  alert.textContent = fitting.length < [...more].length ? `${t(T.too_large)} (> ${amount(limit)})` : "";
  files = [...files, ...fitting].slice(0, 10);
  draw();
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
  field.focus();
}

function send(): void {
  const text = field.value.trim();
  if ((!text && !files.length) || !answers()) return;
  write({ text }, files);
  clear();
  drop("draft");
  draw();
}

export function clear(): void {
  field.value = alert.textContent = "";
  files = [];
  typed = 0;
  fit();
}

function picker(label: string, path: string, className: string, traits: object): HTMLElement {
  const input = h("input", { type: "file", ...traits });
  input.onchange = () => {
    attach(input.files!);
    input.value = "";
  };
  return button(label, path, () => input.click(), className);
}

export function composer(limit = 4096): HTMLElement {
  field = h("textarea", {
    rows: 1,
    placeholder: t(T.write),
    maxLength: limit,
    enterKeyHint: "send",
    value: get<string>("draft") ?? "",
    oninput: changed,
    onkeydown(event: KeyboardEvent) {
      if (event.key != "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      send();
    },
    onpaste(event: ClipboardEvent) {
      const { files } = event.clipboardData!;
      if (!files.length) return;
      event.preventDefault();
      attach(files);
    },
  });
  above = h("div", "above");
  alert = h("div", { className: "alert", role: "alert" });
  const emoji = h(
    "details",
    {},
    h("summary", { className: "i", title: t(T.emoji) }, icon("M12 3a9 9 0 100 18 9 9 0 000-18zM8 14a4 4 0 008 0M9 9v1m6-1v1")),
    h(
      "div",
      "emoji",
      ...[...EMOJI].map((one) =>
        h("button", {
          onclick() {
            field.setRangeText(one, field.selectionStart, field.selectionEnd, "end");
            field.focus();
            changed();
          },
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
  return h("div", "composer", alert, above, bar);
}
