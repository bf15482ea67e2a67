// What is said between the widget and the gateway: PROTOCOL.md as types. Both sides ignore what they do not know.

export type Ask = { field: "name" | "phone" | "email"; required: boolean };

export type Look = {
  title: string;
  greeting: string;
  color: string;
  position: string;
  avatar?: boolean;
  language: string;
  theme: string;
  ask?: Ask[];
  policy?: string | null;
  upload_limit?: number;
  text_limit?: number;
};

export type User = { id: string; name?: string; email?: string; phone?: string; until?: number; signature: string };

export type Session = { token: string; renew: string; visitor: string; online: boolean; look: Look };

export type Profile = { name?: string; phone?: string; email?: string; consent?: true };

export type Visit = { url: string; title?: string; referrer?: string };

export type Entity = { kind: string; offset: number; length: number; url?: string };

export type Button = { text: string; data?: string; url?: string };

export type Kind = "photo" | "document" | "voice" | "audio" | "video";

export type FileOf = {
  file: string;
  grant: string;
  kind: Kind;
  name?: string;
  mime?: string;
  size?: number;
  width?: number;
  height?: number;
  duration?: number;
};

export type Message = {
  id: string;
  from: "visitor" | "operator";
  author?: string;
  at: number;
  text?: string;
  entities?: Entity[];
  files?: FileOf[];
  buttons?: Button[][];
  reply_to?: string;
  place?: { latitude: number; longitude: number; title?: string; address?: string };
  person?: { name: string; phone: string };
};

// Every frame and every entry of the log; which fields stand in it is told by `type`.
export type Frame = Partial<Omit<Message, "id">> & {
  type: string;
  seq?: string;
  after?: string;
  id?: string;
  emoji?: string | null;
  why?: string;
  retry_after?: number;
  seconds?: number;
  online?: boolean;
  torn?: boolean;
  visitor?: string;
  n?: number;
};

export type Outgoing = { type: string; [field: string]: unknown };

export type Uploaded = { upload: string; kind: Kind; name: string; mime: string; size: number };
