// How long /healthz takes while something else is under way. A thread of its own asks, one request after the other over one
// connection: what this process does meanwhile must not be measured along.
import net from "node:net";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";

if (!isMainThread && workerData?.probe) {
  const socket = net.connect(workerData.port, "127.0.0.1");
  const request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  let times = [];
  let sent;
  let received = "";
  const ask = () => {
    received = "";
    sent = performance.now();
    socket.write(request);
  };
  socket.setNoDelay(true).setEncoding("latin1");
  socket.on("connect", ask);
  socket.on("data", (text) => {
    received += text;
    const gap = received.indexOf("\r\n\r\n");
    const length = +/content-length: (\d+)/i.exec(received)?.[1];
    if (gap < 0 || received.length < gap + 4 + length) return;
    times.push(performance.now() - sent);
    ask();
  });
  parentPort.on("message", (word) => {
    if (word === "begin") times = [];
    else parentPort.postMessage(times.sort((a, b) => a - b));
  });
}

export class Probe {
  constructor(server) {
    this.worker = new Worker(fileURLToPath(import.meta.url), { workerData: { probe: true, port: server.port } });
  }

  /** Answers {count, p999, worst} in milliseconds for the time that `work` takes. */
  async during(work) {
    this.worker.postMessage("begin");
    await work();
    const times = await new Promise((resolve) => {
      this.worker.once("message", resolve);
      this.worker.postMessage("end");
    });
    const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
    return { count: times.length, median: at(0.5), p999: at(0.999), worst: times.at(-1) };
  }

  async close() {
    await this.worker.terminate();
  }
}
