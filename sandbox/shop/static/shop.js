/**
 * What the shop's own pages do beside the chat: tell it who has logged in, offer it where it can be opened, and, while
 * the gateway still starts, wait for it. The shop works without any of this.
 */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
const LOGGED_IN = "shop.loggedIn";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const isChatThere = () => typeof window.OpenLines?.open === "function";

/** Calls the chat's API, or leaves the call for when its script is there. */
function chat(method, ...given) {
  window.OpenLines ??= { queue: [] };
  if (isChatThere()) window.OpenLines[method](...given);
  else window.OpenLines.queue.push([method, ...given]);
}

/** A customer is known to the chat by the server's signature; whoever logs out here is nobody there, too. */
function introduce() {
  const user = document.body.dataset.user;
  if (user) {
    chat("identify", JSON.parse(user));
    localStorage.setItem(LOGGED_IN, "yes");
  } else if (localStorage.getItem(LOGGED_IN)) {
    chat("identify", null);
    localStorage.removeItem(LOGGED_IN);
  }
}

function offer() {
  for (const button of document.querySelectorAll("[data-ask]")) {
    button.hidden = false;
    button.addEventListener("click", () => chat("open"));
  }
}

/** Adds the chat's script as the page would have had it; resolves to whether it runs. */
function embed(address) {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.async = true;
    script.src = address;
    script.addEventListener("load", () => resolve(isChatThere()));
    script.addEventListener("error", () => {
      script.remove();
      resolve(false);
    });
    document.head.append(script);
  });
}

async function findChat() {
  const { script } = await (await fetch("/shop/chat")).json();
  return script;
}

/** Waits for the gateway. This page's policy may know another address of it than it has by now: then read it anew. */
async function awaitChat() {
  let wait = FIRST_PAUSE_MS;
  for (;;) {
    const address = await findChat().catch(() => null);
    if (address !== null) {
      if (new URL(address).origin !== document.body.dataset.chat) return location.reload();
      if (await embed(address)) return offer();
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS); // its script is missing: ask ever more rarely
    }
    await pause(wait);
  }
}

introduce();
if (isChatThere()) offer();
else addEventListener("load", () => (isChatThere() ? offer() : awaitChat()), { once: true });
