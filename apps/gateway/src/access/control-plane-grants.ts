import { hourMs, messageOf, secondMs, type Clock, type Log } from "@holdfast/base";
import type { GatewayGrant } from "@holdfast/contract";
import type { ControlPlane } from "./control-plane.ts";
import type { Grant, Grants } from "./grants.ts";
import { tokenSha256 } from "./token-hash.ts";

/** A revoked token stops working within this. */
const freshMs = 5 * secondMs;
/** Backups go on when the server is away, for this long after it last confirmed the token. */
const keptMs = 1 * hourMs;
/** Far more than one gateway serves; strangers who try tokens fill only the other table. */
const confirmedMax = 100_000;
const refusedMax = 10_000;

interface Confirmed {
  readonly grant: GatewayGrant;
  readonly confirmedAtMs: number;
  /** When the server was last asked, in vain or not. */
  readonly askedAtMs: number;
}

/** Grants as the control plane gives them, remembered for a few seconds, and for an hour when it is away. */
export function controlPlaneGrants(server: ControlPlane, options: { clock: Clock; log: Log }): Grants {
  return new ControlPlaneGrants(server, options.clock, options.log);
}

class ControlPlaneGrants implements Grants {
  readonly #server: ControlPlane;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #confirmed = new Map<string, Confirmed>();
  readonly #refusedAtMs = new Map<string, number>();
  readonly #asking = new Map<string, Promise<GatewayGrant | undefined>>();

  constructor(server: ControlPlane, clock: Clock, log: Log) {
    this.#server = server;
    this.#clock = clock;
    this.#log = log;
  }

  async authorise({
    repository,
    token,
  }: {
    repository: string;
    token: string | undefined;
  }): Promise<Grant | undefined> {
    if (token === undefined) return undefined;
    const hash = tokenSha256(token);
    const key = `${repository} ${hash}`;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#confirmed.get(key);
    if (known !== undefined && nowMs - known.askedAtMs < freshMs) return grantOf(repository, known.grant);
    if (nowMs - (this.#refusedAtMs.get(key) ?? -Infinity) < freshMs) return undefined;

    // Many requests with one token arrive together; one question answers them all.
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#ask(key, { repository, tokenSha256: hash }).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    const grant = await asking;
    return grant === undefined ? undefined : grantOf(repository, grant);
  }

  close(): void {
    this.#server.close();
  }

  async #ask(key: string, question: { repository: string; tokenSha256: string }): Promise<GatewayGrant | undefined> {
    // The time before the question, because the answer is at least that old.
    const askedAtMs = this.#clock.monotonicMs();
    try {
      const grant = await this.#server.grantOf(question);
      if (grant === undefined) {
        this.#confirmed.delete(key);
        remember(this.#refusedAtMs, key, askedAtMs, refusedMax);
      } else {
        this.#refusedAtMs.delete(key);
        remember(this.#confirmed, key, { grant, confirmedAtMs: askedAtMs, askedAtMs }, confirmedMax);
      }
      return grant;
    } catch (error) {
      const known = this.#confirmed.get(key);
      if (known === undefined || askedAtMs - known.confirmedAtMs > keptMs) throw error;
      this.#log.warn("the control plane is away; a token goes on with what it last was granted", {
        repository: question.repository,
        grantedSecondsAgo: Math.round((askedAtMs - known.confirmedAtMs) / secondMs),
        reason: messageOf(error),
      });
      // The time after the question: one that hung for seconds must not be asked again at once.
      remember(this.#confirmed, key, { ...known, askedAtMs: this.#clock.monotonicMs() }, confirmedMax);
      return known.grant;
    }
  }
}

function grantOf(repository: string, grant: GatewayGrant): Grant {
  return {
    repository,
    appendOnly: grant.appendOnly,
    mayRead: grant.read,
    quotaBytes: grant.quotaBytes ?? undefined,
  };
}

/** Keeps the newest `max`. A Map iterates in the order of insertion. */
function remember<Value>(table: Map<string, Value>, key: string, value: Value, max: number): void {
  table.delete(key);
  table.set(key, value);
  for (const oldest of table.keys()) {
    if (table.size <= max) return;
    table.delete(oldest);
  }
}
