// A small client for each dialect, as its users would write it.
import assert from "node:assert/strict";
import { call } from "./http.mjs";

/** A chat of the Genesys dialect: what the client knows after RequestChat. */
export class GenesysChat {
  constructor(server, chatId, credentials, prefix = "") {
    this.server = server;
    this.chatId = chatId;
    this.credentials = credentials;
    this.prefix = prefix;
  }

  static async request(server, fields = {}, prefix = "") {
    const answer = await call(server, "POST", `${prefix}/api/v2/chats`, {
      json: { tenantName: "Environment", nickname: "Ann", ...fields },
    });
    assert.equal(answer.body?.statusCode, 0, answer.text);
    const { chatId, userId, secureKey, alias, tenantName } = answer.body;
    const chat = new GenesysChat(server, chatId, { userId, secureKey, alias, tenantName }, prefix);
    chat.first = answer;
    return chat;
  }

  get path() {
    return `${this.prefix}/api/v2/chats/${encodeURIComponent(this.chatId)}`;
  }

  operate(operationName, fields = {}) {
    return call(this.server, "POST", this.path, { json: { operationName, ...this.credentials, ...fields } });
  }

  send(text, fields = {}) {
    return this.operate("SendMessage", { text, ...fields });
  }

  messages(fields = {}, options = {}) {
    return call(this.server, "POST", `${this.path}/messages`, { json: { ...this.credentials, ...fields }, ...options });
  }

  async transcript(fields = {}) {
    const answer = await this.messages(fields);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.statusCode, 0, answer.text);
    return answer.body.messages;
  }
}

/** Parley's refusal: problem+json with this status, and where named this reason and this field. Answers its body. */
export function problem(answer, status, reason, field) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers["content-type"], "application/problem+json");
  assert.equal(answer.body.status, status);
  assert.match(answer.body.type, /^urn:parley:problem:[a-z0-9_]+$/);
  for (const name of ["title", "detail"]) assert.ok(answer.body[name].length > 0);
  if (reason) assert.equal(answer.body.type, `urn:parley:problem:${reason}`, answer.text);
  if (field) assert.equal(answer.body.field, field, answer.text);
  return answer.body;
}

/** Parley's own API with one bearer. */
export class Parley {
  constructor(server, bearer) {
    this.server = server;
    this.headers = { Authorization: `Bearer ${bearer}` };
  }

  call(method, path, options = {}) {
    return call(this.server, method, `/parley/v1${path}`, { ...options, headers: { ...this.headers, ...options.headers } });
  }

  async #good(answer) {
    assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.text}`);
    return answer.body;
  }

  async get(path) {
    return this.#good(await this.call("GET", path));
  }

  async post(path, json) {
    return this.#good(await this.call("POST", path, { json }));
  }

  /** A live session of one visitor and one operator. */
  open(fields = {}) {
    return this.post("/sessions", {
      visitor: { id: `visitor-${unique()}`, name: "Vera" },
      participants: [
        { id: 1, type: "Client", name: "Vera" },
        { id: 2, type: "Agent", name: "Otto" },
      ],
      ...fields,
    });
  }

  say(session, by, text, more = {}) {
    return this.post(`/sessions/${encodeURIComponent(session)}/events`, { type: "message", by, text, ...more });
  }

  async import(lines) {
    const answer = await this.call("POST", "/import", {
      body: lines.map((line) => JSON.stringify(line) + "\n").join(""),
      headers: { "Content-Type": "application/x-ndjson" },
    });
    return this.#good(answer);
  }

  /** All events of a session, page by page. */
  async events(session) {
    const all = [];
    for (;;) {
      const page = await this.get(`/sessions/${encodeURIComponent(session)}/events?limit=200&after=${all.at(-1)?.index ?? 0}`);
      all.push(...page.events);
      if (page.complete) return all;
      assert.ok(page.events.length, "a page with nothing on it that is not complete");
    }
  }
}

export function rocketchat(server, path, credentials, options = {}) {
  return call(server, "GET", `/api/v1${path}`, { ...options, headers: { ...credentials, ...options.headers } });
}

export function chatHistory(server, room, visitor, credentials, query = "") {
  const path = `/livechat/visitors.chatHistory/room/${encodeURIComponent(room)}/visitor/${encodeURIComponent(visitor)}`;
  return rocketchat(server, path + query, credentials);
}

export function agendize(server, path, credentials, options = {}) {
  return call(server, "GET", `/api/2.0/chat${path}`, { ...options, headers: { ...credentials, ...options.headers } });
}

let counter = 0;
/** A word that no other call gives. */
export function unique() {
  return `${process.pid}x${++counter}`;
}
