/**
 * JSON posted to another service over connections that are kept, as many as there are calls at once, each with one call at a time. Bun's fetch keeps
 * 64 idle ones and closes what is more; an order service whose calls last would open new ones all the time.
 */
import type { Socket } from "bun";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Call {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

interface Connection {
  call?: Call | undefined;
  /** The part of an answer that has come. */
  received?: Buffer | undefined;
}

const endOfHead = "\r\n\r\n";

export class KeptConnections {
  readonly #hostname: string;
  readonly #port: number;
  readonly #idle = new Set<Socket<Connection>>();

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#hostname = hostname;
    this.#port = Number(port);
  }

  async post(path: string, body: string | Uint8Array): Promise<Answer> {
    const socket = this.#takeIdle() ?? (await this.#connect());
    const head =
      `POST ${path} HTTP/1.1\r\nHost: ${this.#hostname}:${this.#port}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}${endOfHead}`;
    const request = Buffer.concat([Buffer.from(head), Buffer.from(body)]);
    return new Promise((resolve, reject) => {
      socket.data.call = { resolve, reject };
      // A socket without anything under way takes far more than an order.
      if (socket.write(request) < request.length) this.#fail(socket, new Error("the request was not taken"));
    });
  }

  #takeIdle(): Socket<Connection> | undefined {
    for (const socket of this.#idle) {
      this.#idle.delete(socket);
      return socket;
    }
    return undefined;
  }

  #connect(): Promise<Socket<Connection>> {
    return Bun.connect<Connection>({
      hostname: this.#hostname,
      port: this.#port,
      data: {},
      socket: {
        open: (socket) => void socket.setNoDelay(true),
        data: (socket, chunk) => this.#receive(socket, chunk),
        close: (socket) => this.#fail(socket, new Error("the connection was closed")),
        error: (socket, error) => this.#fail(socket, error),
      },
    });
  }

  #receive(socket: Socket<Connection>, chunk: Buffer): void {
    const { data } = socket;
    const received = data.received ? Buffer.concat([data.received, chunk]) : chunk;
    const answer = parseAnswer(received);
    data.received = answer ? undefined : Buffer.from(received);
    if (!answer) return;
    this.#idle.add(socket);
    data.call?.resolve(answer);
    data.call = undefined;
  }

  #fail(socket: Socket<Connection>, error: Error): void {
    this.#idle.delete(socket);
    socket.data.call?.reject(error);
    socket.data.call = undefined;
  }
}

/** Undefined while it is not there in full. Its length must be told, as Bun.serve does for a text. */
export function parseAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf(endOfHead);
  if (headEnd < 0) return undefined;
  const head = received.toString("latin1", 0, headEnd);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
  const bodyStart = headEnd + endOfHead.length;
  if (Number.isNaN(length)) throw new Error("an answer without content-length");
  if (received.length < bodyStart + length) return undefined;
  return {
    status: Number(head.slice(9, 12)),
    body: received.toString("utf8", bodyStart, bodyStart + length),
  };
}
