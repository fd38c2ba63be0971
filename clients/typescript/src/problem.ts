import type { components } from "./generated/schema.js";

/** The body of every error answer (RFC 9457). */
export type ProblemDocument = components["schemas"]["ProblemDocument"];

/**
 * The server said no. `code` is stable and made for programs, `message` (title and detail) is Chinese and made for people.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  /** Quote it when asking the operator. */
  readonly requestId: string;
  /** Every invalid field at once. */
  readonly errors: NonNullable<ProblemDocument["errors"]>;
  /** On 409: what may be done instead. */
  readonly allowedActions: readonly string[];

  constructor(readonly document: ProblemDocument) {
    super(`${document.title}：${document.detail} [${document.status} ${document.code}]`);
    this.status = document.status;
    this.code = document.code;
    this.requestId = document.request_id;
    this.errors = document.errors ?? [];
    this.allowedActions = document.allowed_actions ?? [];
  }
}

/** An answer that is no problem document, such as a page of a gateway in front of the server. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";

  constructor(
    readonly status: number,
    readonly text: string,
  ) {
    super(`The server answered ${status}: ${text.slice(0, 200)}`);
  }
}

/** The token endpoint said no (RFC 6749 §5.2), for example `invalid_grant`. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";

  constructor(
    readonly status: number,
    readonly error: string,
    description: string,
  ) {
    super(`${error}: ${description}`);
  }
}

/** The error that a body describes. WeChat's adapter needs the body: `wx.request` calls any status a success. */
export function problemOf(status: number, text: string): Problem | UnexpectedAnswer {
  try {
    const body: unknown = JSON.parse(text);
    if (isProblem(body)) {
      return new Problem(body);
    }
  } catch {
    // Not JSON: told as it is.
  }
  return new UnexpectedAnswer(status, text);
}

function isProblem(body: unknown): body is ProblemDocument {
  if (typeof body !== "object" || body === null) {
    return false;
  }
  const { code, status, title } = body as Partial<ProblemDocument>;
  return typeof code === "string" && typeof status === "number" && typeof title === "string";
}
