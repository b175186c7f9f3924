// Server-sent events as a page's EventSource reads them, but with headers of one's own, and paused when asked.
import http from "node:http";

export class EventStream {
  /** Resolves once the answer's head is there: with the stream, or with {status, body} of a refusal. */
  static open(server, path, headers = {}) {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port: server.port, path, headers, agent: false }, (response) => {
        if (response.statusCode === 200) {
          resolve(new EventStream(request, response));
          return;
        }
        let text = "";
        response.setEncoding("utf8").on("data", (piece) => (text += piece));
        response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
      });
      request.on("error", reject);
      request.end();
    });
  }

  constructor(request, response) {
    this.request = request;
    this.response = response;
    this.status = 200;
    this.events = []; // not yet taken
    this.lastId = "";
    this.over = false;
    let text = "";
    response.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) this.#read(text.slice(0, end));
      this.#tell?.();
    });
    const ended = () => {
      this.over = true;
      this.#tell?.();
    };
    response.on("close", ended).on("error", ended);
  }

  #tell;

  #read(block) {
    const fields = {};
    for (const line of block.split("\n")) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      if (name) fields[name] = value;
    }
    if (fields.data === undefined) return; // a comment
    this.events.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
  }

  /** The next event; undefined once the stream is over. */
  async next() {
    while (!this.events.length && !this.over) await new Promise((resolve) => (this.#tell = resolve));
    const event = this.events.shift();
    if (event) this.lastId = event.id;
    return event;
  }

  async take(count) {
    const taken = [];
    while (taken.length < count) {
      const event = await this.next();
      if (!event) throw new Error(`the stream ended behind ${taken.length} of ${count} events`);
      taken.push(event);
    }
    return taken;
  }

  pause() {
    this.response.pause();
  }

  resume() {
    this.response.resume();
  }

  close() {
    this.request.destroy();
  }
}
