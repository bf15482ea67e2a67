// The connection: who we are (session tokens), a socket with backoff, long polls where sockets do not come through.
// It passes frames on and knows nothing of what they say; what must not be lost is kept by whoever gives it away.

import { base } from "./place";
import { encode, get, put } from "./storage";
import { cursor, forget, interrupted, caughtUp, take } from "./talk";
import { language } from "./texts";
import type { Frame, Outgoing, Session, User } from "./wire";
import { changed, destroy, isWatched, visit } from "./widget";

const LONGEST_BACKOFF = 30;
const POLLING_TURN = 60_000; // then the socket is tried again
const LOOK_LASTS = 600_000;

type Kept = Session & { who?: string; at: number };
type Problem = { status?: number; error?: string; retry_after?: number };

const place = base.replace("http", "ws") + "socket";

export let session = get<Kept>("session");
export let open = false;
export let online = session?.online ?? true;
export let cutAt = Date.now(); // 0: connected

let user: User | null | undefined;
let running: object | null = null;
let socket: WebSocket | null = null;
let polling = false;
let failures = 0; // in a row, of anything
let blocked = 0; // in a row, of sockets that never were ready
let heard = 0;
let poke = () => {};
let isForbidden = false; // sockets, by the page's policy

export async function post(path: string, body: Outgoing | object, seconds = 15): Promise<any> {
  // Text, so that no preflight is asked for; the token is in the body.
  const answer = await fetch(base + path, {
    method: "POST",
    body: encode(body),
    signal: AbortSignal.timeout(seconds * 1000),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw { ...said, status: answer.status } as Problem;
  return said;
}

function become(next: Kept | null, unsent = false): void {
  const run = running;
  stop();
  session = next;
  forget(unsent);
  if (run) void start();
}

// Whom the site says its visitor is; null: nobody.
export function identify(next: User | null): void {
  const before = session?.who;
  user = next;
  if (next?.id != before) {
    put("session", null);
    become(null, !before);
  }
  if (next) put("profile", { name: next.name, phone: next.phone, email: next.email });
}

export const who = () => user?.id ?? session?.who;

// Another tab may have changed who writes here.
export function adopt(): void {
  const kept = get<Kept>("session");
  if (kept?.visitor == session?.visitor) session = kept;
  else become(kept);
}

let entering: Promise<void> | null;

// Begins or renews the session; `again` even if there is one.
export const enter = (again = false) => (entering ??= ask(again).finally(() => (entering = null)));

async function ask(again = false): Promise<void> {
  const kept = session;
  const asked = user;
  if (kept && !again && Date.now() - kept.at < LOOK_LASTS) return;
  const said: Session = await post("session", { token: kept?.renew, user: asked, language }).catch(
    (problem: Problem) => {
      if (session != kept) return session;
      if (problem.status == 401 && kept) session = null;
      else if (problem.error == "identity" && asked) {
        console.error("Open Lines:", problem.error);
        if (user == asked) user = null; // else the site has named another one meanwhile
      } else throw problem;
      return ask(true).then(() => session);
    },
  );
  if (!said) return;
  if (session != kept || user != asked) return ask(); // it was decided otherwise meanwhile
  session = { ...said, who: kept ? kept.who : asked?.id, at: Date.now() };
  online = said.online;
  const former = get<Kept>("session");
  put("session", session);
  if (former && former.visitor != said.visitor) forget(!former.who);
  changed();
}

function shut(): void {
  socket = null;
  polling = open = false;
  cutAt ||= Date.now();
  interrupted();
  changed();
}

export function stop(): void {
  running = null;
  poke();
  shut();
}

export async function start(): Promise<void> {
  if (running) return;
  const mine = (running = {});
  const over = () => running != mine;
  while (!over()) {
    let wait = 0;
    try {
      await enter();
      if (over()) return;
      if (!isForbidden && blocked < 2) await listens(over);
      if (over()) return;
      if (isForbidden || blocked > 1) {
        shut();
        await polls(over);
      }
    } catch (problem) {
      const { status, retry_after = 0 } = problem as Problem;
      if (status == 404) destroy(); // there is no such account any more
      wait = retry_after;
      if (status == 401 && session) await enter(true).catch(() => {});
    }
    if (over()) return;
    shut();
    const backoff = Math.min(LONGEST_BACKOFF, 2 ** failures++) * (1 + Math.random());
    await new Promise<void>((done) => {
      poke = done;
      setTimeout(done, Math.max(wait * 2, backoff) * 500);
    });
  }
}

// Lives until the socket is closed.
async function listens(over: () => boolean): Promise<void> {
  blocked++; // until it is ready
  const mine = (socket = new WebSocket(place));
  heard = Date.now();
  const code = await new Promise<number>((done) => {
    poke = () => done(4000); // a dead network closes nothing by itself
    mine.onopen = () =>
      mine == socket
        ? mine.send(encode({ type: "hello", token: session!.token, after: cursor(), language, visit: visit() }))
        : mine.close();
    mine.onmessage = ({ data }) => {
      if (mine != socket || over()) return;
      heard = Date.now();
      const frame = JSON.parse(data) as Frame;
      if (frame.type == "ready") blocked = 0;
      hear(frame);
    };
    mine.onclose = (event) => done(event.code);
    mine.onerror = () => done(0); // where a policy forbids it nothing else comes
  });
  if (mine.readyState) mine.close(); // one that still connects is closed when it has: browsers complain otherwise
  if (over()) return;
  if (code == 4004) destroy();
  if (code == 4001) throw { status: 401 };
}

async function polls(over: () => boolean): Promise<void> {
  const until = Date.now() + POLLING_TURN;
  polling = true;
  for (let wait = 0; Date.now() < until; wait = isWatched() ? 10 : 25) {
    const { frames } = await post("poll", { token: session!.token, after: cursor(), wait, visit: visit() }, wait + 5);
    if (over()) return;
    frames?.forEach(hear);
    if (!open) hear({ type: "caught_up" });
  }
  blocked = 1; // one try of the socket
}

function hear(frame: Frame): void {
  const { type } = frame;
  if (type == "ready" || type == "online") online = frame.online ?? online;
  if (type == "caught_up") {
    failures = cutAt = 0;
    if (!open) {
      open = true;
      caughtUp();
    }
  } else if (type == "renew") enter(true).then(() => say({ type: "token", token: session!.token }), () => {});
  else if (type == "gone") return destroy();
  else take(frame);
  changed();
}

// Says a frame if there is a connection. What comes back, if anything, comes as frames.
export function say(frame: Outgoing): boolean {
  if (!open) return false;
  if (polling) {
    post("frames", { token: session!.token, frames: [frame] })
      .catch(({ retry_after }: Problem) => ({ frames: [{ type: "refused", id: frame.id, why: "busy", retry_after }] }))
      .then(({ frames }) => frames?.forEach(hear));
  } else if (socket?.readyState == 1) socket.send(encode(frame));
  else return false;
  return true;
}

// The network may be back, or somebody looks: do not wait for the clock.
export function wake(): void {
  failures = 0;
  if (!open && !socket) poke();
  tick(0);
}

// A dead network closes nothing: it is noticed by silence.
export function tick(patience = isWatched() ? 6000 : 30_000): void {
  const silence = Date.now() - heard;
  if (!socket) return;
  if (silence > (patience || 15_000) * 2) poke();
  else if (silence > patience && !polling) say({ type: "ping", n: heard });
}

// The page's policy has forbidden something. If it is a socket of ours (some browsers tell the scheme only), none is tried again.
export function forbid({ blockedURI, disposition }: SecurityPolicyViolationEvent): void {
  if (open || disposition == "report" || !/^ws/.test(blockedURI) || !place.startsWith(blockedURI)) return;
  isForbidden = true;
  poke();
}

export function cut(): void {
  if (socket) poke();
}
