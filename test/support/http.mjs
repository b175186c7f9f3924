// HTTP as a client speaks it (call) and as nobody should (raw).
import http from "node:http";
import net from "node:net";

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

/** One request. The path goes out as it is. `json` is sent as a JSON body. Answers {status, headers, bytes, text, body}:
 *  `body` is the parsed JSON, or undefined. */
export function call(server, method, path, { headers = {}, body, json, signal } = {}) {
  const payload = json !== undefined ? JSON.stringify(json) : body;
  const given = { ...headers };
  if (json !== undefined && !Object.keys(given).some((name) => name.toLowerCase() === "content-type"))
    given["Content-Type"] = "application/json";
  if (payload !== undefined) given["Content-Length"] = Buffer.byteLength(payload);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: "127.0.0.1", port: server.port, method, path, headers: given, agent, signal },
      (response) => {
        const pieces = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = Buffer.concat(pieces);
          const text = bytes.toString("utf8");
          let parsed;
          try {
            parsed = JSON.parse(text);
          } catch {
            // not JSON: `body` stays undefined, and whoever expected some will see
          }
          resolve({ status: response.statusCode, headers: response.headers, bytes, text, body: parsed });
        });
      },
    );
    request.on("error", reject);
    request.end(payload);
  });
}

/** Sends bytes (or several pieces, one write each) over a socket of its own and reads until the first whole answer or the end.
 *  `end` closes the sending side after them. Answers {status, head, body, closed}; status 0 = closed without an answer. */
export function raw(server, pieces, { end = false, wait = 15000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let received = "";
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${wait} ms to ${JSON.stringify(String(pieces)).slice(0, 200)}`));
    }, wait);
    const finish = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      const gap = received.indexOf("\r\n\r\n");
      resolve({
        status: +(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0),
        head: gap < 0 ? received : received.slice(0, gap),
        body: gap < 0 ? "" : received.slice(gap + 4),
        all: received,
        closed,
      });
    };
    socket.setNoDelay(true);
    socket.on("connect", () => {
      for (const piece of [pieces].flat()) socket.write(piece);
      if (end) socket.end();
    });
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      const gap = received.indexOf("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/i.exec(received.slice(0, gap + 2))?.[1];
      if (gap >= 0 && length !== undefined && received.length >= gap + 4 + +length) finish(false);
    });
    socket.on("close", () => finish(true));
    socket.on("error", (error) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? finish(true) : reject(error)));
  });
}

/** Reads what comes over one connection until it is closed. */
export function rawAll(server, bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let received = "";
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (piece) => (received += piece.toString("latin1")));
    socket.on("close", () => resolve(received));
    socket.on("error", (error) => (error.code === "ECONNRESET" ? resolve(received) : reject(error)));
  });
}
