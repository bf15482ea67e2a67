/**
 * The phone of one person: a frame with a name tag that holds this person's conversations, one of them open. Which
 * messengers they belong to is the adapters' business.
 */
import { Conversation } from "./conversation.js";
import { avatar, h } from "./dom.js";
import { say, t } from "./texts.js";

export class Phone {
  /** `adapters` by messenger name; `chats` are the descriptors of this user's chats, the first is opened. */
  constructor(user, chats, adapters) {
    this.user = user;
    this.adapters = adapters;
    this.chats = new Map(chats.map((chat) => [chat.key, chat]));
    this.conversations = new Map();
    this.unread = new Map(); // chat key → how many

    this.badge = h("span", { class: "badge", hidden: true, "data-unread": true });
    this.screen = h("div", { class: "screen" });
    this.dropHint = h("div", { class: "drop-hint", "aria-hidden": "true" }, h("span", { say: { text: "drop-here" } }));
    this.element = h("article", {
      class: `phone ${user.role}`, "data-phone": user.id, say: { "aria-label": ["phone-of", { name: user.name }] },
    },
    h("header", { class: "owner" },
      avatar(user, "small"),
      h("strong", { class: "name", text: user.name }),
      h("span", { class: "role", say: { text: user.role === "operator" ? "operator" : "customer" } }),
      this.badge),
    h("div", { class: "frame" }, this.screen, this.dropHint));
    this.element.style.setProperty("--tint", user.color ?? "#607d8b");
    for (const event of ["pointerdown", "keydown", "focusin"]) this.element.addEventListener(event, () => this.#looked());
    this.#acceptDrops();
    this.open(chats[0].key);
  }

  /** Shows a chat of this phone, loading it at its first showing. */
  open(key) {
    let conversation = this.conversations.get(key);
    if (!conversation) {
      const chat = this.chats.get(key);
      conversation = new Conversation(chat, this.adapters[chat.messenger], {
        openBot: (link) => this.openBot(link),
        menuEntries: () => this.#otherChats(),
        onNews: () => this.#news(key),
      });
      this.conversations.set(key, conversation);
      this.screen.append(conversation.element);
      conversation.load();
    }
    for (const [other, { element }] of this.conversations) element.hidden = other !== key;
    this.current = key;
    this.#looked();
    return conversation;
  }

  /** Opens the chat with a bot by its link and presses start with the payload; false if the bot is not known here. */
  openBot({ username, payload }) {
    const chat = [...this.chats.values()].find(({ bot }) => bot.username.toLowerCase() === username.toLowerCase());
    if (!chat) return false;
    const conversation = this.open(chat.key);
    if (payload !== null) conversation.start(payload);
    return true;
  }

  update(chats) {
    for (const chat of chats) {
      this.chats.set(chat.key, chat);
      this.conversations.get(chat.key)?.update(chat);
    }
  }

  reload() {
    for (const conversation of this.conversations.values()) conversation.load();
  }

  receive(key, event) {
    if (!this.chats.has(key)) return;
    const conversation = this.conversations.get(key);
    if (conversation) conversation.receive(this.adapters[this.chats.get(key).messenger].event(event, this.chats.get(key)));
    else if (event.kind === "message" && (event.message?.out || event.message?.mine === false)) this.#news(key);
  }

  #otherChats() {
    return [...this.chats.values()]
      .filter((chat) => chat.key !== this.current)
      .map((chat) => {
        const count = this.unread.get(chat.key);
        return {
          text: `${t("chat-with", { name: chat.bot.name })}${count ? ` (${count})` : ""}`,
          icon: "chat", data: { "data-open-chat": chat.key }, run: () => this.open(chat.key),
        };
      });
  }

  #news(key) {
    this.unread.set(key, (this.unread.get(key) ?? 0) + 1);
    this.#showUnread();
  }

  #looked() {
    if (!this.unread.delete(this.current) && this.unread.size > 0) return;
    this.#showUnread();
  }

  #showUnread() {
    const count = [...this.unread.values()].reduce((sum, one) => sum + one, 0);
    this.badge.hidden = count === 0;
    this.badge.textContent = String(count);
    if (count > 0) say(this.badge, { "aria-label": ["unread", { count }] });
    this.element.classList.toggle("has-news", count > 0);
  }

  #acceptDrops() {
    const frame = this.element.querySelector(".frame");
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0; // dragenter and dragleave come for every child on the way
    const show = (change) => {
      depth = Math.max(0, depth + change);
      frame.classList.toggle("dropping", depth > 0);
    };
    frame.addEventListener("dragenter", (event) => hasFiles(event) && show(1));
    frame.addEventListener("dragleave", (event) => hasFiles(event) && show(-1));
    frame.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    frame.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      show(-depth);
      this.conversations.get(this.current).attach(event.dataTransfer.files);
    });
  }
}
