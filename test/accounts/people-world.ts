import { generateHOTP } from "@oslojs/otp";
import type { Role } from "../../src/domain/permission.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";
import { Browser, type Visited } from "./browser.ts";

export const PASSWORD = "orbit lantern seven";

/** The machine's time, which a test can set forward. */
export class ForwardClock implements Clock {
  #ahead = 0;
  now(): number {
    return Date.now() + this.#ahead;
  }
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  }
  advance(byMs: number): void {
    this.#ahead += byMs;
  }
}

/** A server with people in it. */
export class PeopleWorld {
  readonly app: StartedApp;
  readonly clock: ForwardClock;
  readonly origin: string;
  #tenants = 0;

  private constructor(app: StartedApp, clock: ForwardClock) {
    this.app = app;
    this.clock = clock;
    this.origin = app.url.replace("127.0.0.1", "localhost");
  }

  static async open(environment: Readonly<Record<string, string>> = {}): Promise<PeopleWorld> {
    const clock = new ForwardClock();
    return new PeopleWorld(await startApp(environment, clock), clock);
  }

  get accounts() {
    return this.app.app.services.accounts;
  }

  createTenant(slug?: string): Promise<TestTenant> {
    this.#tenants += 1;
    return this.app.createTenant(slug ?? `team-${this.#tenants}`);
  }

  async join(
    { scope }: TestTenant,
    role: Role,
    email = `${role}-${Math.random().toString(36).slice(2)}@example.com`,
    isOperator = false,
  ) {
    return this.accounts.createUser(scope, { email, name: `The ${role}`, role, password: PASSWORD, isOperator });
  }

  browser(headers: Record<string, string> = {}): Browser {
    return new Browser(this.origin, headers);
  }

  /** In a new browser. */
  async signIn(email: string, password = PASSWORD, headers: Record<string, string> = {}): Promise<[Browser, Visited]> {
    const browser = this.browser(headers);
    await browser.open("/sign-in");
    return [browser, await browser.submit("/sign-in", { email, password })];
  }

  /** What the authenticator app would show now. */
  code(secretText: string): string {
    return generateHOTP(decodeBase32(secretText), BigInt(Math.floor(this.clock.now() / 30_000)), 6);
  }

  /** Actions in the tenant's audit log, newest first. */
  async audit({ scope }: TestTenant): Promise<readonly string[]> {
    const { items } = await this.app.backend.audit.list(scope, { limit: 100, cursor: null });
    return items.map(({ action }) => action);
  }

  /** Turns the second factor on as a person does; the browser is signed in already. */
  async turnOnTwoFactor(
    browser: Browser,
  ): Promise<{ readonly secret: string; readonly code: string; readonly recoveryCodes: readonly string[] }> {
    await browser.open("/account/two-factor");
    const { html } = await browser.submit("/account/two-factor", { currentPassword: PASSWORD });
    const secret = /class="break">([A-Z2-7]+)</.exec(html)?.[1] ?? "";
    const sealed = /name="sealed" value="([^"]+)"/.exec(html)?.[1] ?? "";
    const code = this.code(secret);
    const done = await browser.submit("/account/two-factor/enable", { sealed, code });
    return { secret, code, recoveryCodes: recoveryCodesIn(done.html) };
  }
}

export function recoveryCodesIn(html: string): readonly string[] {
  return html.match(/\b[a-z1-9]{4}-[a-z1-9]{4}-[a-z1-9]{4}-[a-z1-9]{4}\b/g) ?? [];
}

function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
}
