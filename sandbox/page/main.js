/** The page: reads the state, puts the chosen people's phones on the stage and passes the live events to them. */
import { avito, avitoChatsOf } from "./avito.js";
import { control } from "./control.js";
import { h } from "./dom.js";
import { instagram, instagramChatsOf } from "./instagram.js";
import { max, maxChatsOf } from "./max.js";
import { Phone } from "./phone.js";
import { shopPhone } from "./shop.js";
import { listen } from "./stream.js";
import { chatsOf as telegramChatsOf, telegram } from "./telegram.js";
import { sayAll } from "./texts.js";
import { Topbar } from "./topbar.js";
import { dialogsOf, vk } from "./vk.js";
import { whatsapp, whatsappChatsOf } from "./whatsapp.js";

const ADAPTERS = { telegram, vk, whatsapp, instagram, avito, max };
const chatsOf = (state) => [
  ...telegramChatsOf(state), ...dialogsOf(state), ...whatsappChatsOf(state), ...instagramChatsOf(state), ...avitoChatsOf(state),
  ...maxChatsOf(state),
];
const SHOWN_AT_FIRST = 2; // phones of each role
const ROOMY_PX = 1400; // of a window where the site and two phones of each role stand side by side
const PHONE_PX = 285; // what a phone needs, with its gap
const REFRESH_MS = 60;
const STORED = "sandbox.phones";
const SITE = "site"; // the shop's site among what was chosen
const NAMES = {
  customer: ["Ольга Лебедева", "Пётр Зайцев", "Дарья Мельник", "Тимур Ахметов"],
  operator: ["Вера Ильина", "Глеб Сомов", "Лина Фомина", "Артём Юдин"],
};

const stage = document.querySelector("#stage");
const groups = Object.fromEntries(["customer", "operator"].map((role) => [role, h("section", {
  class: `group ${role}s`, "data-group": role, say: { "aria-label": `${role}s` },
})]));
const nothing = h("p", { class: "nothing", hidden: true, say: { text: "no-phones" } });
const phones = new Map(); // user id → Phone
let state = null;
let refreshing = null;

/** What the person at the page chose to see or hide: user id or SITE → flag; people else follow the rule of the first few. */
const chosen = JSON.parse(localStorage.getItem(STORED) ?? "{}");

function isShown(user) {
  const sameRole = state.users.filter(({ role }) => role === user.role);
  const isTight = user.role === "customer" && isSiteShown() && innerWidth < ROOMY_PX;
  return chosen[user.id] ?? sameRole.indexOf(user) < SHOWN_AT_FIRST - isTight;
}

function setShown(user, flag) {
  chosen[user.id] = flag;
  localStorage.setItem(STORED, JSON.stringify(chosen));
  arrange();
}

/** A new person of a role, who may write to the bot that the others of this role write to. */
async function add(role) {
  const peers = state.users.filter((user) => user.role === role);
  const bot = chatsOf(state).find(({ user }) => user.role === role)?.bot;
  const name = NAMES[role].find((one) => !peers.some((peer) => peer.name === one)) ?? `${NAMES[role][0]} ${peers.length}`;
  const user = await control.addPerson(name, role, bot ? [bot.username] : []);
  await refresh();
  setShown(user, true);
}

function isSiteShown() {
  return chosen[SITE] ?? true;
}

function setSiteShown(flag) {
  chosen[SITE] = flag;
  localStorage.setItem(STORED, JSON.stringify(chosen));
  arrange();
}

function arrange() {
  const site = groups.customer.querySelector("[data-shop]");
  if (!isSiteShown()) site?.remove();
  else if (!site) groups.customer.prepend(shopPhone());
  const chats = Map.groupBy(chatsOf(state), ({ user }) => user.id);
  for (const user of state.users) {
    const own = chats.get(user.id) ?? [];
    const phone = phones.get(user.id);
    if (!isShown(user) || own.length === 0) {
      phone?.element.remove();
      phones.delete(user.id);
    } else if (phone) {
      phone.update(own);
    } else {
      phones.set(user.id, new Phone(user, own, ADAPTERS));
    }
  }
  for (const [role, group] of Object.entries(groups)) {
    const shown = state.users.filter((user) => user.role === role && phones.has(user.id));
    let next = null;
    for (const user of shown.reverse()) {
      const { element } = phones.get(user.id);
      if (!element.isConnected) group.insertBefore(element, next); // one that stands is not moved: it would lose its scroll
      next = element;
    }
    group.hidden = group.childElementCount === 0;
  }
  nothing.hidden = phones.size > 0 || isSiteShown();
  crowd();
}

function crowd() {
  stage.classList.toggle("crowded", stage.querySelectorAll(".phone").length * PHONE_PX > innerWidth);
}

async function refresh() {
  state = await control.state();
  topbar.update(state);
  arrange();
}

/** Many changes at once (three hundred new people) are one request. */
function refreshSoon() {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => refresh().catch(() => topbar.setOffline(true)), REFRESH_MS);
}

function onEvent(event) {
  if (event.kind === "state") {
    refreshSoon();
    if (event.bot_id === undefined) reload(); // not about one chat: it may stand for events that were missed
    return;
  }
  const messenger = event.messenger ?? "telegram";
  phones.get(event.user_id)?.receive(`${messenger}:${event.bot_id}:${event.user_id}`, event);
}

function reload() {
  for (const phone of phones.values()) phone.reload();
}

async function onOpen(isAgain) {
  topbar.setOffline(false);
  try {
    await refresh();
    if (isAgain) reload();
  } catch {
    topbar.setOffline(true);
  }
}

const topbar = new Topbar(document.querySelector("#topbar"), { isShown, setShown, add, isSiteShown, setSiteShown });
stage.append(groups.customer, groups.operator, nothing);
sayAll();
addEventListener("resize", crowd);
listen(control.events, { onEvent, onOpen, onLost: () => topbar.setOffline(true) });
