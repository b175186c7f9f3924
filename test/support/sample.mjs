// The sample company's published ids and credentials, as the seeds state them.
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`../api/seeds/${name}`, import.meta.url), "utf8"));

export const seeds = {
  rocketchat: read("rocketchat.json"),
  genesysRequest: read("genesys-request.json"),
  genesys: read("genesys.json"),
  agendize: read("agendize.json"),
};

export const ROOM = "hhMKhHnnbY79mGs9K";
export const VISITOR = "QyBAKC5Wc8tcv6cco";
export const CHAT = "00019aParley0001";
export const SESSION = "sample-session-0001";
export const PASSWORD = "parley-sample";

export const ROCKETCHAT = {
  "X-Auth-Token": "RScctEHSmLGZGywfIhWyRpyofhKOiMoUIpimhvheU3f",
  "X-User-Id": "rbAXPnMktTFbNpwtJ",
};
export const AGENDIZE = { apiKey: "sample-api-key", token: "sample-token" };
export const PARLEY = { Authorization: "Bearer sample-parley-token" };

/** What no log may show. */
export const SECRETS = [
  ROCKETCHAT["X-Auth-Token"],
  AGENDIZE.apiKey,
  AGENDIZE.token,
  "sample-parley-token",
  PASSWORD,
  seeds.genesysRequest.secureKey,
];
