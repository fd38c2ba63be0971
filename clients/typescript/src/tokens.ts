import { TokenRefused, UnexpectedAnswer } from "./problem.js";

/** Sends a request; `fetch` itself, or the adapter of a mini program. */
export type Send = (request: Request) => Promise<Response>;

/** What the classes of the fetch standard are called here; a mini program has none of its own. */
export interface Platform {
  readonly Request: typeof Request;
  readonly send: Send;
}

/** Where access tokens come from. */
export interface TokenSource {
  /** A token that is not known to be stale. */
  access(): Promise<string>;
  /** Another one, because the server refused `stale`. Callers that ask at once get one and the same. */
  renew(stale: string): Promise<string>;
}

/** How a token is asked for first. */
export type Grant =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "client_credentials"; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: "refresh_token"; readonly refreshToken: string }
  | {
      /** RFC 8693: a portal acts for an applicant whom it has authenticated. */
      readonly kind: "token_exchange";
      readonly clientId: string;
      readonly clientSecret: string;
      /** A new assertion for each exchange: an assertion is good once. */
      readonly subjectToken: () => Promise<string>;
      readonly subjectTokenType: string;
    };

export interface TokenOptions {
  readonly baseUrl: string;
  readonly grant: Grant;
  readonly platform: Platform;
  /** Called with each new refresh token: keep it, the old one is dead and its reuse ends the session. */
  readonly onRefreshToken?: (token: string) => void;
}

interface Held {
  readonly access: string;
  readonly staleAt: number;
}

/** Seconds before its end at which a token is fetched anew. */
const MARGIN_SECONDS = 30;

/** Keeps a token, renews it before it ends, and asks only once however many callers wait. */
export class Tokens implements TokenSource {
  private held: Held | undefined;
  private refreshToken: string | undefined;
  private asking: Promise<string> | undefined;

  constructor(private readonly options: TokenOptions) {
    if (options.grant.kind === "refresh_token") {
      this.refreshToken = options.grant.refreshToken;
    }
  }

  async access(): Promise<string> {
    if (this.held !== undefined && Date.now() < this.held.staleAt) {
      return this.held.access;
    }
    return this.ask();
  }

  async renew(stale: string): Promise<string> {
    if (this.held !== undefined && this.held.access !== stale) {
      return this.held.access;
    }
    this.held = undefined;
    return this.ask();
  }

  private ask(): Promise<string> {
    // One request for all: a refresh token that is used twice ends the session.
    this.asking ??= this.fetchToken().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async fetchToken(): Promise<string> {
    if (this.refreshToken !== undefined) {
      const token = this.refreshToken;
      try {
        return await this.post({ grant_type: "refresh_token", refresh_token: token });
      } catch (error) {
        if (!(error instanceof TokenRefused) || this.options.grant.kind === "refresh_token") {
          throw error;
        }
        this.refreshToken = undefined;
      }
    }
    return this.post(await first(this.options.grant));
  }

  private async post(form: Record<string, string>): Promise<string> {
    const { baseUrl, platform, onRefreshToken } = this.options;
    const request = new platform.Request(`${baseUrl.replace(/\/$/, "")}/oauth2/token`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: Object.entries(form)
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join("&"),
    });
    const response = await platform.send(request);
    const text = await response.text();
    const body = record(text);
    const access = body?.["access_token"];
    const seconds = body?.["expires_in"];
    if (response.ok && typeof access === "string" && typeof seconds === "number") {
      this.held = { access, staleAt: Date.now() + Math.max(1, seconds - MARGIN_SECONDS) * 1000 };
      const refresh = body?.["refresh_token"];
      if (typeof refresh === "string") {
        this.refreshToken = refresh;
        onRefreshToken?.(refresh);
      }
      return access;
    }
    const error = body?.["error"];
    if (typeof error === "string") {
      const description = body?.["error_description"];
      throw new TokenRefused(response.status, error, typeof description === "string" ? description : "");
    }
    throw new UnexpectedAnswer(response.status, text);
  }
}

async function first(grant: Grant): Promise<Record<string, string>> {
  switch (grant.kind) {
    case "password":
      return { grant_type: "password", username: grant.username, password: grant.password };
    case "client_credentials":
      return { grant_type: "client_credentials", client_id: grant.clientId, client_secret: grant.clientSecret };
    case "refresh_token":
      return { grant_type: "refresh_token", refresh_token: grant.refreshToken };
    case "token_exchange":
      return {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        client_id: grant.clientId,
        client_secret: grant.clientSecret,
        subject_token: await grant.subjectToken(),
        subject_token_type: grant.subjectTokenType,
      };
  }
}

function record(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
