/**
 * The sandbox's control API, and nothing else: every request of the page to its server is here, and every failure
 * comes out as an Error whose message is a sentence for the person at the page.
 */
import { sentenceOf, t } from "./texts.js";

const ROOT = "/sandbox/api";

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(ROOT + path, options);
  } catch {
    throw new Error(t("unreachable"));
  }
  const body = await response.json().catch(() => null);
  if (!response.ok || body?.ok === false) {
    throw new Error(sentenceOf(body?.code) ?? body?.error ?? t("refused", { status: response.status }));
  }
  return body;
}

const json = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const control = {
  /** The address of the server-sent events. */
  events: `${ROOT}/events`,

  state: () => ask("/state"),

  /** A page of messages of one chat, oldest first: the newest, or those before a message id. */
  history(botId, userId, before = null, limit = 50) {
    const query = new URLSearchParams({ limit });
    if (before !== null) query.set("before", before);
    return ask(`/chats/${botId}/${userId}?${query}`);
  },

  /** The same of a dialog on VK. */
  dialog(communityId, userId, before = null, limit = 50) {
    const query = new URLSearchParams({ limit });
    if (before !== null) query.set("before", before);
    return ask(`/vk/dialogs/${communityId}/${userId}?${query}`);
  },

  /** The same of a dialog on WhatsApp or Instagram; pages are counted by the messages' numbers. */
  metaDialog(accountId, userId, before = null, limit = 50) {
    const query = new URLSearchParams({ limit });
    if (before !== null) query.set("before", before);
    return ask(`/meta/dialogs/${accountId}/${userId}?${query}`);
  },

  /** Moves the sandbox's clock ahead. */
  advanceClock: (ms) => ask("/clock", json("POST", { advance_ms: Math.round(ms) })),

  /** The same of a chat on Avito: about a listing, or with a seller. */
  avitoChat(place, userId, before = null, limit = 50) {
    const query = new URLSearchParams({ limit });
    if (before !== null) query.set("before", before);
    return ask(`/avito/chats/${place}/${userId}?${query}`);
  },

  /** The same of a dialog on MAX. */
  maxDialog(botId, userId, before = null, limit = 50) {
    const query = new URLSearchParams({ limit });
    if (before !== null) query.set("before", before);
    return ask(`/max/dialogs/${botId}/${userId}?${query}`);
  },

  /** What a person does, with the files that the act has: one, several or none. */
  act(act, file = null) {
    const files = [file ?? []].flat();
    if (files.length === 0) return ask("/act", json("POST", act));
    const form = new FormData();
    form.append("act", JSON.stringify(act));
    for (const one of files) form.append("file", one, one.name);
    return ask("/act", { method: "POST", body: form });
  },

  /** Adds a person with chats with the bots of these usernames; resolves to the person. */
  async addPerson(name, role, bots) {
    const { users } = await ask("/users", json("POST", { name, role, bots }));
    return users[0];
  },

  faults: () => ask("/faults"),
  setFaults: (rules) => ask("/faults", json("POST", { rules })),
  clearFaults: () => ask("/faults", { method: "DELETE" }),
};
