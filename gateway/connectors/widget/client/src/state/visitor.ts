// Who writes here: the session that the gateway has given this browser, and whom the site says its visitor is.

import type { Session, User } from "./protocol";
import { get, put } from "./storage";

export type Kept = Session & { who?: string; at: number };

export let session = get<Kept>("session");
export let user: User | null | undefined; // null: the site says that it is nobody
export let isAttended = session?.online ?? true; // an operator is on duty

export const who = () => user?.id ?? session?.who;

export function setSession(next: Kept | null): void {
  session = next;
}

export function setUser(next: User | null): void {
  user = next;
}

export function setAttended(is: boolean): void {
  isAttended = is;
}

export const storedSession = () => get<Kept>("session"); // another tab may have written it
export const storeSession = (kept: Kept | null) => put("session", kept);
