// What Parley answers, by the original's own types, and where it differs on purpose.
import type { IEditedMessage, IServerInfo } from "@rocket.chat/core-typings";
import type { OperationResult, PathPattern } from "@rocket.chat/rest-typings";

/** A type as JSON carries it: dates and enums are strings, and what is undefined is not there. */
type Wire<T> = 0 extends 1 & T
  ? any
  : T extends Date
    ? string
    : T extends string
      ? `${T}`
      : T extends (infer One)[]
        ? Wire<One>[]
        : T extends object
          ? { [Key in keyof T as T[Key] extends undefined ? never : Key]: Wire<T[Key]> }
          : T;

type Optional<T, Key extends keyof T> = Omit<T, Key> & Partial<Pick<T, Key>>;
type Good<T> = T & { success: true };
type Get<Path extends PathPattern> = Wire<OperationResult<"GET", Path>>;

type History = Get<"/v1/livechat/visitors.chatHistory/room/:roomId/visitor/:visitorId">;
type Messages = Get<"/v1/livechat/:rid/messages">;
type Room = History["history"][number];
type Metrics = NonNullable<Room["metrics"]>;

/** The typings say number; the original's own answers hold a date. */
type FirstAt<T> = Omit<T, "fd"> & { fd?: string };

/** The lists hold edited messages too, which their type forgets. */
type Edited = Partial<Pick<Wire<IEditedMessage>, "editedAt" | "editedBy">>;

/** `waitingResponse` is unset by an answer, `source` came after the oldest rooms, and no livechat room has `u` or
 *  `livechatData` from the start. Rooms of 2021 know no priorities. */
type Seldom = "u" | "livechatData" | "waitingResponse" | "source" | "priorityWeight" | "estimatedWaitingTimeQueue";

type ParleyRoom = Omit<Optional<Room, Seldom>, "metrics" | "lastMessage"> & {
  metrics?: Omit<Metrics, "response" | "reaction"> & {
    response?: FirstAt<NonNullable<Metrics["response"]>>;
    reaction?: FirstAt<NonNullable<Metrics["reaction"]>>;
  };
  /** Old servers stored what the sender was told. */
  lastMessage?: NonNullable<Room["lastMessage"]> & Edited & { newRoom?: boolean; showConnecting?: boolean };
};

export interface Answers {
  history: Good<Omit<History, "history"> & { history: ParleyRoom[] }>;
  messages: Good<Omit<Messages, "messages"> & { messages: (Messages["messages"][number] & Edited)[] }>;
  visitor: Good<Get<"/v1/livechat/visitors.info">>;
  me: Good<Get<"/v1/me">>;
  info: Good<{ version: string; info: IServerInfo }>;
}
