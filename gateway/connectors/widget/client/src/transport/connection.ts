// The connection: a socket with backoff, long polls where sockets do not come through. It passes frames on and knows nothing
// of what they say; what must not be lost is kept by whoever gives it away.

import { cursor } from "../state/conversation";
import { language } from "../state/language";
import { isWatched, visit } from "../state/page";
import type { Frame, Outgoing } from "../state/protocol";
import { base } from "../state/script";
import { changed, signal } from "../state/signals";
import { encode } from "../state/storage";
import { isAttended, session, setAttended } from "../state/visitor";
import { post, type Problem } from "./http";
import { enter } from "./session";

const LONGEST_BACKOFF = 30;
const POLLING_TURN = 60_000; // then the socket is tried again

const address = base.replace("http", "ws") + "socket";

export const heard = signal<Frame>();
export const connected = signal(); // and all that there was has been told
export const interrupted = signal();
export const gone = signal(); // there is no such account any more

export let isConnected = false;
export let cutAt = Date.now(); // 0: connected

let running: object | null = null;
let socket: WebSocket | null = null;
let polling = false;
let failures = 0; // in a row, of anything
let blocked = 0; // in a row, of sockets that never were ready
let heardAt = 0;
let poke = () => {};
let isForbidden = false; // sockets, by the page's policy

function shut(): void {
  socket = null;
  polling = isConnected = false;
  cutAt ||= Date.now();
  interrupted.tell();
  changed.tell();
}

// Whether it was running.
export function stop(): boolean {
  const run = running;
  running = null;
  poke();
  shut();
  return !!run;
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
      if (status == 404) gone.tell();
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
  const mine = (socket = new WebSocket(address));
  heardAt = Date.now();
  const code = await new Promise<number>((done) => {
    poke = () => done(4000); // a dead network closes nothing by itself
    mine.onopen = () =>
      mine == socket
        ? mine.send(encode({ type: "hello", token: session!.token, after: cursor(), language, visit: visit() }))
        : mine.close();
    mine.onmessage = ({ data }) => {
      if (mine != socket || over()) return;
      heardAt = Date.now();
      const frame = JSON.parse(data) as Frame;
      if (frame.type == "ready") blocked = 0;
      hear(frame);
    };
    mine.onclose = (event) => done(event.code);
    mine.onerror = () => done(0); // where a policy forbids it nothing else comes
  });
  if (mine.readyState) mine.close(); // one that still connects is closed when it has: browsers complain otherwise
  if (over()) return;
  if (code == 4004) gone.tell();
  if (code == 4001) throw { status: 401 };
}

async function polls(over: () => boolean): Promise<void> {
  const until = Date.now() + POLLING_TURN;
  polling = true;
  for (let wait = 0; Date.now() < until; wait = isWatched() ? 10 : 25) {
    const { frames } = await post("poll", { token: session!.token, after: cursor(), wait, visit: visit() }, wait + 5);
    if (over()) return;
    frames?.forEach(hear);
    if (!isConnected) hear({ type: "caught_up" });
  }
  blocked = 1; // one try of the socket
}

function hear(frame: Frame): void {
  const { type } = frame;
  if (type == "ready" || type == "online") setAttended(frame.online ?? isAttended);
  if (type == "caught_up") {
    failures = cutAt = 0;
    if (!isConnected) {
      isConnected = true;
      connected.tell();
    }
  } else if (type == "renew") enter(true).then(() => say({ type: "token", token: session!.token }), () => {});
  else if (type == "gone") return gone.tell();
  else heard.tell(frame);
  changed.tell();
}

// Says a frame if there is a connection. What comes back, if anything, comes as frames.
export function say(frame: Outgoing): boolean {
  if (!isConnected) return false;
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
  if (!isConnected && !socket) poke();
  check(0);
}

// A dead network closes nothing: it is noticed by silence. `patience`: ms of it before an answer is asked for; 0: at once.
export function check(patience = isWatched() ? 6000 : 30_000): void {
  const silence = Date.now() - heardAt;
  if (!socket) return;
  if (silence > (patience || 15_000) * 2) poke();
  else if (silence > patience && !polling) say({ type: "ping", n: heardAt });
}

// The page's policy has forbidden something. If it is a socket of ours (some browsers tell the scheme only), none is tried again.
export function forbid({ blockedURI, disposition }: SecurityPolicyViolationEvent): void {
  if (isConnected || disposition == "report" || !/^ws/.test(blockedURI) || !address.startsWith(blockedURI)) return;
  isForbidden = true;
  poke();
}

export function cut(): void {
  if (socket) poke();
}
