/**
 * One chat of one person with one bot, whatever the messenger: it is fed by a chat descriptor and an adapter, shows
 * what comes and hands over what the person does. It never asks the server itself.
 */
import { Composer } from "./composer.js";
import { avatar, botLink, h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { MessageList } from "./messages.js";
import { makeSample, sendFiles } from "./sending.js";
import { say, t } from "./texts.js";
import { showAlert, showToast } from "./toasts.js";

const TYPING_MS = 5000;

export class Conversation {
  /**
   * `chat` is an adapter's descriptor, `host` the phone: `openBot({username, payload})`, `menuEntries()` and
   * `onNews()` for a message that nobody has looked at yet.
   */
  constructor(chat, adapter, host) {
    this.chat = chat;
    this.adapter = adapter;
    this.host = host;
    this.deeds = Promise.resolve(); // what this person sends leaves in the order in which it was sent
    this.held = []; // events that come while the history loads

    this.list = new MessageList(this.#bubbleActions(), (before) => adapter.history(chat, before));
    this.composer = new Composer({
      deeds: this.#composerDeeds(), samples: adapter.samples, commands: chat.bot.commands ?? [],
    });
    this.startButton = h("button", {
      type: "button", class: "wide", "data-start": true, say: { text: "start" },
      onclick: () => this.#do(() => adapter.start(chat)),
    });
    this.unblockButton = h("button", {
      type: "button", class: "wide", "data-unblock": true, say: { text: this.#word("unblock") },
      onclick: () => this.#setBlocked(false),
    });
    this.status = h("span", { class: "status", "aria-live": "off" });
    this.menuButton = h("button", {
      type: "button", class: "tool", "data-phone-menu": true, "aria-haspopup": "menu",
      say: { "aria-label": "phone-menu", title: "phone-menu" }, onclick: () => this.#openMenu(),
    }, icon("more"));
    this.welcome = h("div", { class: "welcome" },
      avatar(chat.bot, "large"), h("strong", { text: chat.bot.name }),
      chat.bot.description ? h("p", { text: chat.bot.description }) : null, h("p", { class: "hint", "data-hint": true }));
    this.overlay = h("div", { class: "overlay" });
    this.element = h("section", {
      class: "conversation", "data-chat": chat.key, "data-bot": chat.bot.id, "data-messenger": chat.messenger,
      say: { "aria-label": ["chat-with", { name: chat.bot.name }] },
    },
    h("header", { class: "chat-header" },
      avatar(chat.bot),
      h("div", { class: "track" }, h("strong", { class: "name", text: chat.bot.name }), this.status),
      this.menuButton),
    adapter.banner?.(chat) ?? null,
    h("div", { class: "body" }, this.list.element, this.welcome, this.overlay),
    h("footer", { class: "chat-footer" }, this.composer.element, this.startButton, this.unblockButton));
    this.#showState();
  }

  /** Loads the newest messages, or what was missed during a break. */
  async load() {
    this.isStale = true;
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      while (this.isStale) {
        this.isStale = false; // asked again meanwhile: what is on its way may be too old
        this.list.merge(await this.adapter.history(this.chat, null));
      }
    } catch (error) {
      showToast(this.overlay, error.message, true);
    } finally {
      this.isLoading = false;
      for (const event of this.held.splice(0)) this.receive(event);
      this.#showState();
    }
  }

  /** Takes the chat's newer state (started, blocked, commands). */
  update(chat) {
    this.chat = chat;
    this.composer.hints.setCommands(chat.bot.commands ?? []);
    this.#showState();
  }

  /** Takes an event of this chat, already in the adapter's terms. */
  receive(event) {
    if (this.isLoading) {
      this.held.push(event);
      return;
    }
    switch (event.kind) {
      case "message":
      case "edited":
      case "reaction":
      case "file":
      case "read":
        if (event.message) this.#show(event.message, event.kind === "message");
        break;
      case "deleted":
        this.list.remove(event.message_id);
        break;
      case "toast":
        if (!event.text) break;
        if (event.alert) showAlert(this.overlay, event.text);
        else showToast(this.overlay, event.text);
        break;
      case "typing":
        this.#showTyping();
        break;
      case "blocked":
        this.chat = { ...this.chat, blocked: event.blocked };
        break;
    }
    this.#showState();
  }

  /** Files given to the whole phone (dropped on it). */
  attach(files) {
    if (!this.chat.started || this.chat.blocked) return;
    this.composer.attach(files);
  }

  /** Presses start with a payload, as a link to the bot does. */
  start(payload) {
    return this.#do(() => this.adapter.start(this.chat, payload));
  }

  #show(message, isFresh) {
    if (message.mine && isFresh && !this.chat.started) this.chat = { ...this.chat, started: true };
    const isNew = this.list.put(message, isFresh);
    if (!message.mine) {
      this.#hideTyping();
      if (isNew && isFresh) this.host.onNews();
    }
  }

  #showState() {
    const { started, blocked } = this.chat;
    const isOpen = started || !this.list.isEmpty;
    this.composer.element.hidden = !isOpen || blocked;
    this.startButton.hidden = isOpen || blocked;
    this.unblockButton.hidden = !blocked;
    this.welcome.hidden = !this.list.isEmpty;
    say(this.welcome.querySelector("[data-hint]"), { text: isOpen ? "empty-chat" : "unopened-chat" });
    this.element.classList.toggle("blocked", blocked);
    if (!this.typingTimer) say(this.status, { text: () => (blocked ? t(this.#word("blocked-state")) : this.#handle()) });
  }

  #showTyping() {
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.#hideTyping(), TYPING_MS);
    this.status.classList.add("typing");
    say(this.status, { text: "typing" });
  }

  #hideTyping() {
    clearTimeout(this.typingTimer);
    this.typingTimer = null;
    this.status.classList.remove("typing");
    this.#showState();
  }

  /** Runs a deed after those before it; shows what it made; a failure is a toast. Resolves to whether it worked. */
  #do(deed) {
    const run = async () => {
      try {
        const message = await deed();
        // What the stream told meanwhile (a quick bot's reaction, say) is newer than the answer to the deed.
        if (message && !this.list.messages.has(message.id)) this.#show(message, true);
        this.#showState();
        return true;
      } catch (error) {
        showToast(this.overlay, error.message, true);
        return false;
      }
    };
    this.deeds = this.deeds.then(run);
    return this.deeds;
  }

  #authorName(isMine) {
    return isMine ? t("you") : this.chat.bot.name;
  }

  #setBlocked(blocked) {
    return this.#do(async () => {
      await this.adapter.setBlocked(this.chat, blocked);
      this.chat = { ...this.chat, blocked };
    });
  }

  #openMenu() {
    const { blocked } = this.chat;
    const entry = blocked
      ? { say: this.#word("unblock-bot"), icon: "check", data: { "data-unblock-item": "" }, run: () => this.#setBlocked(false) }
      : { say: this.#word("block"), icon: "block", danger: true, data: { "data-block": "" }, run: () => this.#setBlocked(true) };
    const own = this.adapter.menu?.(this.chat, (deed) => this.#do(deed)) ?? [];
    openMenu(this.menuButton, [...this.host.menuEntries(), ...own, entry]);
  }

  /** How this messenger names a thing that each has under a name of its own. */
  #word(key) {
    return this.adapter.words?.[key] ?? key;
  }

  #handle() {
    const { bot } = this.chat;
    return this.adapter.handle?.(bot) ?? `@${bot.username}`;
  }

  #bubbleActions() {
    const { adapter } = this;
    return {
      authorName: (isMine) => this.#authorName(isMine),
      goTo: (id) => this.list.goTo(id),
      sendCommand: (text) => this.#do(() => adapter.text(this.chat, text, null)),
      openBot: (link) => this.host.openBot(link),
      startReply: (message) => this.composer.startReply(message),
      react: (message, emoji) => this.#do(() => adapter.react(this.chat, message.id, emoji)),
      press: (message, button, node) => this.#press(message, button, node),
      openTools: (message, anchor) => this.#openTools(message, anchor),
    };
  }

  #openTools(message, anchor) {
    const own = message.reactions.find((reaction) => reaction.mine)?.emoji ?? null;
    const canEdit = this.adapter.edit && message.mine && !message.forwardedFrom && (message.text !== "" || message.files.length > 0);
    openMenu(anchor, [
      this.adapter.reactions.length > 0 && {
        emojis: this.adapter.reactions, chosen: own, name: (emoji) => ["react", { emoji }],
        run: (emoji) => this.#do(() => this.adapter.react(this.chat, message.id, emoji === own ? null : emoji)),
      },
      { say: "reply", icon: "reply", run: () => this.composer.startReply(message) },
      canEdit && { say: "edit", icon: "edit", data: { "data-edit": "" }, run: () => this.composer.startEdit(message) },
      message.text && { say: "copy", icon: "copy", run: () => navigator.clipboard.writeText(message.text) },
      {
        say: this.#word("remove"), icon: "trash", danger: true, data: { "data-remove": "" },
        run: () => this.#do(async () => {
          await this.adapter.remove(this.chat, message.id);
          this.list.remove(message.id);
        }),
      },
    ].filter(Boolean));
  }

  /** A press does not wait for what is being sent: the bot may take its time to answer. */
  async #press(message, button, node) {
    if (button.url) {
      this.#openUrl(button.url);
      return;
    }
    node.classList.add("busy");
    node.setAttribute("aria-busy", "true");
    try {
      const url = await this.adapter.press(this.chat, message.id, button);
      if (url !== null) this.#openUrl(url);
    } catch (error) {
      showToast(this.overlay, error.message, true);
    } finally {
      node.classList.remove("busy");
      node.removeAttribute("aria-busy");
    }
  }

  #openUrl(address) {
    const link = botLink(address);
    if (link !== null && this.host.openBot(link)) return;
    const url = safeUrl(address);
    if (url !== null) window.open(url, "_blank", "noopener,noreferrer");
  }

  #composerDeeds() {
    const { adapter } = this;
    return {
      authorName: (isMine) => this.#authorName(isMine),
      lastOwn: () => (adapter.edit && [...this.list.messages.values()].filter(({ mine, text }) => mine && text).at(-1)) ?? null,
      text: (text, replyTo) => this.#do(() => adapter.text(this.chat, text, replyTo)),
      edit: (message, text) => this.#do(() => adapter.edit(this.chat, message.id, message.isCaption, text)),
      files: (files, caption, replyTo) => this.#sendFiles(files, caption, replyTo),
      sample: (name) => this.#sendSample(name),
    };
  }

  #sendFiles(files, caption, replyTo) {
    if (this.adapter.files) return this.#do(() => this.adapter.files(this.chat, files, { caption, replyTo }));
    const send = (kind, file, options) => this.#do(() => this.adapter.file(this.chat, kind, file, options));
    return sendFiles(files, { caption, replyTo }, send);
  }

  async #sendSample(name) {
    if (this.adapter.things?.has(name)) return this.#do(() => this.adapter.thing(this.chat, name));
    const { place, person, files } = await makeSample(name);
    if (place) return this.#do(() => this.adapter.place(this.chat, place));
    if (person) return this.#do(() => this.adapter.person(this.chat, person));
    return this.#sendFiles(files, "", null);
  }
}
