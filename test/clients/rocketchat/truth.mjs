// What the server holds, told by Parley's own view of the log: the original's clients must see the same.
import { Parley } from "../../support/dialects.mjs";
import { PARLEY } from "../../support/sample.mjs";

const later = (a, b) => (a.start < b.start ? 1 : a.start > b.start ? -1 : a.id < b.id ? -1 : 1);

export class Truth {
  constructor(server) {
    this.api = new Parley(server, PARLEY.Authorization.slice("Bearer ".length));
  }

  /** The sessions of the visitor who has the most, newest first. */
  async longestHistory() {
    const visitors = new Map();
    for (let cursor = ""; cursor !== null; ) {
      const page = await this.api.get(`/sessions?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      for (const one of page.sessions) visitors.set(one.visitor.id, [...(visitors.get(one.visitor.id) ?? []), one]);
      cursor = page.next;
    }
    return [...visitors.values()].sort((a, b) => b.length - a.length)[0].sort(later);
  }

  /** What livechat/:rid/messages should show of a session, newest first. */
  async messages(session) {
    const events = await this.api.events(session);
    return events.filter((one) => one.type === "message" || one.type === "closed").reverse();
  }
}

/** What of a room document both views tell. */
export function roomFacts(room) {
  const { _id, ts, lm, msgs, open, closedAt, departmentId, servedBy, lastMessage, v } = room;
  return { _id, ts, lm, msgs, open, closedAt, departmentId, servedBy: servedBy?.username, last: lastMessage.msg, visitor: v._id };
}

export function sessionFacts(session) {
  const isOpen = session.state === "open";
  return {
    _id: session.id,
    ts: session.start,
    lm: session.lastMessage.time,
    msgs: session.messages,
    open: isOpen || undefined,
    closedAt: isOpen ? undefined : session.end,
    departmentId: session.department,
    servedBy: session.operator?.username,
    last: session.lastMessage.text,
    visitor: session.visitor.id,
  };
}

/** What of a message document both views tell. */
export function messageFacts(message) {
  return { _id: message._id, ts: message.ts, msg: message.msg, closes: message.t === "livechat-close", byVisitor: "token" in message };
}

export function eventFacts(event) {
  const byVisitor = event.participant?.type === "Client";
  return { _id: event.id, ts: event.time, msg: event.text ?? "", closes: event.type === "closed", byVisitor };
}
