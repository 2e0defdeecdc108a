// Requests. A page signs in with the session; the widget brings a token and the address of the service.

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

interface Asked {
  method?: string;
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
}

export class Client {
  private readonly ended = new AbortController();

  /** `onSignedOut` is called when the service no longer knows who asks. */
  constructor(
    readonly base: string,
    private readonly auth: (method: string) => Record<string, string>,
    private readonly onSignedOut: () => void = () => undefined,
  ) {}

  /** Ends what is under way, and all that is asked afterwards: neither an answer nor a fault comes of it. */
  end(): void {
    this.ended.abort();
  }

  async request(path: string, asked: Asked = {}): Promise<Response> {
    const method = asked.method ?? (asked.json === undefined ? "GET" : "POST");
    const headers: Record<string, string> = { ...this.auth(method), ...asked.headers };
    if (asked.json !== undefined) headers["Content-Type"] = "application/json";
    let answer: Response;
    try {
      answer = await fetch(this.base + path, {
        method,
        headers,
        body: asked.json === undefined ? null : JSON.stringify(asked.json),
        signal: asked.signal ? AbortSignal.any([asked.signal, this.ended.signal]) : this.ended.signal,
        keepalive: asked.keepalive ?? false,
      });
    } catch (fault) {
      if (this.ended.signal.aborted) return new Promise<never>(() => undefined);
      if (asked.signal?.aborted) throw fault;
      throw new Problem(0, "offline", "连不上服务, 请检查网络");
    }
    if (answer.ok || answer.status === 304) return answer;
    const body = (await answer.json().catch(() => ({}))) as { type?: string; detail?: string };
    const problem = new Problem(
      answer.status,
      (body.type ?? "").replace("urn:dongke:", ""),
      body.detail ?? `请求失败 (${answer.status})`,
    );
    if (answer.status === 401) this.onSignedOut();
    throw problem;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.request(path, signal ? { signal } : {})).json() as Promise<T>;
  }

  async post<T>(path: string, json: unknown, more: Omit<Asked, "json"> = {}): Promise<T> {
    return (await this.request(path, { ...more, method: "POST", json })).json() as Promise<T>;
  }
}

type Value = string | number | boolean | null | undefined;

/** `?a=1&b=2` of what is given; null and "" are left out, a list is given once for each. */
export function query(values: Record<string, Value | Value[]>): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null && one !== undefined && one !== "") found.append(name, String(one));
  const text = found.toString();
  return text ? `?${text}` : "";
}

export const part = encodeURIComponent;
