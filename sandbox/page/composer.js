/**
 * Where a person writes: text, a reply or an edit, files with a caption, the bot's commands, ready samples. It decides
 * nothing about delivery; everything goes to `deeds`, which the conversation gives.
 */
import { gist } from "./bubble.js";
import { CommandHints } from "./commands.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { fileSize, say } from "./texts.js";

const SAMPLE_ICONS = {
  photo: "photo", album: "photo", document: "document", voice: "voice", video: "video", video_note: "note",
  animation: "gif", audio: "music", sticker: "sticker", location: "place", contact: "person",
  item: "document", call: "voice", app_call: "voice", file: "document", link: "out", wall: "document", market: "document", gift: "sticker",
  order: "document", unsupported: "document", story_mention: "photo", story_reply: "photo", share: "out", ig_reel: "video", like_heart: "sticker",
};

const GROWS_BY_ITSELF = CSS.supports("field-sizing", "content");

/** How an app sends a file that was dropped, pasted or taken by the photo button. */
function kindOf(file) {
  if (file.type === "image/gif") return "animation";
  if (file.type === "image/svg+xml") return "document";
  const [family] = file.type.split("/");
  return { image: "photo", video: "video", audio: "audio" }[family] ?? "document";
}

export class Composer {
  /**
   * `deeds`: `text(text, replyTo)`, `files([{file, kind}], caption, replyTo)`, `edit(message, text)`, `sample(name)`,
   * `authorName(mine)`, `lastOwn()`; each sending one resolves to whether it worked.
   */
  constructor({ deeds, samples, commands }) {
    this.deeds = deeds;
    this.subject = null; // {what: "reply" | "edit", message}
    this.attached = []; // [{file, kind, address}]

    this.input = h("textarea", {
      rows: "1", "data-composer": true, autocomplete: "off", say: { placeholder: "write", "aria-label": "write" },
      oninput: () => this.#onInput(), onkeydown: (event) => this.#onKey(event), onpaste: (event) => this.#onPaste(event),
    });
    this.hints = new CommandHints(commands, this.input, (command) => this.#sendCommand(command));
    this.bar = h("div", { class: "subject", hidden: true });
    this.chips = h("div", { class: "chips", hidden: true });
    this.photoInput = this.#fileInput("data-attach-photo", "image/*,video/*", kindOf);
    this.fileInput = this.#fileInput("data-attach-file", null, () => "document");

    const attach = h("button", {
      type: "button", class: "tool", "data-attach": true, "aria-haspopup": "menu",
      say: { "aria-label": "attach", title: "attach" }, onclick: () => this.#openAttach(attach, samples),
    }, icon("attach"));
    this.submit = h("button", {
      type: "submit", class: "tool send", "data-send": true, say: { "aria-label": "send", title: "send" },
    }, icon("send"));
    this.element = h("form", { class: "composer", onsubmit: (event) => this.#onSubmit(event) },
      this.hints.element, this.bar, this.chips,
      h("div", { class: "controls" }, attach, this.hints.button, this.input, this.submit, this.photoInput, this.fileInput));
    this.#onInput();
  }

  focus() {
    this.input.focus();
  }

  startReply(message) {
    this.#take({ what: "reply", message });
  }

  startEdit(message) {
    this.#take({ what: "edit", message });
    this.input.value = message.text;
    this.#onInput();
  }

  /** Adds files to the message being written, each as the kind that an app would choose. */
  attach(files) {
    this.#add([...files].map((file) => ({ file, kind: kindOf(file) })));
  }

  #take(subject) {
    this.subject = subject;
    const isReply = subject.what === "reply";
    const title = isReply ? ["reply-to", { name: this.deeds.authorName(subject.message.mine) }] : "edit-message";
    this.bar.replaceChildren(
      icon(subject.what),
      h("span", { class: "track" },
        h("span", { class: "author", say: { text: title } }),
        h("span", { class: "gist", text: gist(subject.message) })),
      h("button", {
        type: "button", class: "tool", "data-cancel": true, say: { "aria-label": "cancel", title: "cancel" },
        onclick: () => this.#dropSubject(),
      }, icon("close")));
    this.bar.dataset.subject = subject.what;
    this.bar.hidden = false;
    this.focus();
  }

  #dropSubject() {
    if (this.subject?.what === "edit") this.input.value = "";
    this.subject = null;
    this.bar.hidden = true;
    this.#onInput();
    this.focus();
  }

  #fileInput(name, accept, kind) {
    return h("input", {
      type: "file", hidden: true, multiple: true, accept, [name]: true, tabindex: "-1",
      onchange: ({ target }) => {
        this.#add([...target.files].map((file) => ({ file, kind: kind(file) })));
        target.value = "";
      },
    });
  }

  #openAttach(anchor, samples) {
    openMenu(anchor, [
      { say: "attach-photo", icon: "photo", run: () => this.photoInput.click() },
      { say: "attach-file", icon: "document", run: () => this.fileInput.click() },
      { heading: "samples" },
      ...samples.map((name) => ({
        say: name, icon: SAMPLE_ICONS[name], data: { "data-sample": name }, run: () => this.deeds.sample(name),
      })),
    ]);
  }

  #add(files) {
    for (const { file, kind } of files) {
      const address = kind === "photo" ? URL.createObjectURL(file) : null;
      this.attached.push({ file, kind, address });
    }
    this.#showChips();
    this.focus();
  }

  #showChips() {
    this.chips.hidden = this.attached.length === 0;
    this.chips.replaceChildren(...this.attached.map((entry) =>
      h("div", { class: "chip", "data-chip": entry.file.name },
        entry.address ? h("img", { src: entry.address, alt: "" }) : icon("document"),
        h("span", { class: "track" },
          h("span", { class: "name", text: entry.file.name }),
          h("span", { class: "size", say: { text: () => fileSize(entry.file.size) } })),
        h("button", {
          type: "button", class: "tool", say: { "aria-label": ["detach", { name: entry.file.name }] },
          onclick: () => this.#detach(entry),
        }, icon("close")))));
    this.#onInput();
  }

  #detach(entry) {
    if (entry.address) URL.revokeObjectURL(entry.address);
    this.attached = this.attached.filter((other) => other !== entry);
    this.#showChips();
    this.focus();
  }

  #onInput() {
    if (!GROWS_BY_ITSELF) {
      this.input.style.height = "auto";
      this.input.style.height = `${this.input.scrollHeight}px`;
    }
    this.submit.disabled = this.input.value.trim() === "" && this.attached.length === 0;
    say(this.submit, { "aria-label": this.subject?.what === "edit" ? "edit" : "send" });
    this.hints.show();
  }

  #onPaste(event) {
    const { files } = event.clipboardData;
    if (files.length === 0) return;
    event.preventDefault();
    this.attach(files);
  }

  #onKey(event) {
    if (event.isComposing || this.hints.takesKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.element.requestSubmit();
    } else if (event.key === "Escape" && this.subject) {
      this.#dropSubject();
    } else if (event.key === "ArrowUp" && this.input.value === "" && this.deeds.lastOwn()) {
      event.preventDefault();
      this.startEdit(this.deeds.lastOwn());
    }
  }

  #sendCommand(command) {
    this.input.value = "";
    this.#onInput();
    this.deeds.text(command, null);
  }

  async #onSubmit(event) {
    event.preventDefault();
    const { attached, subject } = this;
    const text = this.input.value.trim();
    if (text === "" && attached.length === 0) return;
    this.input.value = "";
    this.attached = [];
    this.subject = null;
    this.bar.hidden = true;
    this.#showChips();
    const replyTo = subject?.what === "reply" ? subject.message.id : null;
    const isDone = subject?.what === "edit"
      ? await this.deeds.edit(subject.message, text)
      : attached.length > 0
        ? await this.deeds.files(attached, text, replyTo)
        : await this.deeds.text(text, replyTo);
    if (isDone) {
      for (const { address } of attached) if (address) URL.revokeObjectURL(address);
      return;
    }
    if (this.input.value !== "" || this.attached.length > 0) return; // something new is being written already
    if (subject) this.#take(subject);
    this.input.value = text;
    this.attached = attached;
    this.#showChips();
  }
}
