import { HoldfastError, messageOf, type ErrorEntry, type ErrorKind } from "@holdfast/base";
import { api, problem, type Api, type OperationName, type Route } from "@holdfast/contract";
import type { z } from "zod";
import { clientErrors } from "./errors.ts";

type Input<Shape> = Shape extends z.ZodType ? z.input<Shape> : never;
type Part<Name extends string, Shape> = [Shape] extends [z.ZodType] ? { readonly [K in Name]: Input<Shape> } : unknown;
type OptionalPart<Name extends string, Shape> = [Shape] extends [z.ZodType]
  ? { readonly [K in Name]?: Input<Shape> }
  : unknown;
type Field<R, Name extends string> = R extends { readonly [K in Name]: infer Shape } ? Shape : undefined;

/** What a call needs: `params` and `body` where the route has them, `query` where it takes one. */
export type CallInput<Name extends OperationName> = Part<"params", Field<Api[Name], "params">> &
  OptionalPart<"query", Field<Api[Name], "query">> &
  Part<"body", Field<Api[Name], "body">>;

/** What it gives: the parsed answer, or the open response for streams. */
export type CallOutput<Name extends OperationName> = Api[Name]["answer"] extends z.ZodType
  ? z.output<Api[Name]["answer"]>
  : Api[Name]["answer"] extends "nothing"
    ? void
    : Response;

export interface ApiClient {
  /** @throws HoldfastError with the server's own code, or API_UNREACHABLE, API_BAD_ANSWER */
  call<Name extends OperationName>(name: Name, input: CallInput<Name>, signal?: AbortSignal): Promise<CallOutput<Name>>;
}

export interface ApiClientOptions {
  /** The server's address without `/api/v1`; empty in a browser that got its page from there. */
  readonly baseUrl: string;
  /** Bearer token; a browser sends its session cookie instead. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

/** A client of every operation in the contract, typed from the same table that the server registers. */
export function apiClient(options: ApiClientOptions): ApiClient {
  const send = options.fetch ?? fetch;
  return {
    async call(name, input, signal) {
      const route: Route = api[name];
      const response = await request(send, options, route, input as LooseInput, signal);
      if (!response.ok) throw await failureOf(response);
      if (route.answer === "nothing") return undefined as never;
      if (route.answer === "sealed-stream" || route.answer === "events") return response as never;
      const parsed = route.answer.safeParse(await response.json().catch(() => undefined));
      if (!parsed.success) {
        throw new HoldfastError(
          clientErrors.badAnswer,
          `The server's answer to ${name} has another shape than expected.`,
          {
            internal: parsed.error.message,
          },
        );
      }
      return parsed.data as never;
    },
  };
}

interface LooseInput {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

async function request(
  send: typeof fetch,
  options: ApiClientOptions,
  route: Route,
  input: LooseInput,
  signal?: AbortSignal,
) {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(input.params?.[name])));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {})) if (value !== undefined) query.set(key, String(value));
  const headers: Record<string, string> = {};
  if (options.token !== undefined) headers["authorization"] = `Bearer ${options.token}`;
  if (input.body !== undefined) headers["content-type"] = "application/json";
  const url = `${options.baseUrl}/api/v1${path}${query.size > 0 ? `?${query}` : ""}`;
  try {
    return await send(url, {
      method: route.method,
      headers,
      body: input.body === undefined ? null : JSON.stringify(input.body),
      signal: signal ?? null,
      redirect: "error",
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new HoldfastError(
      clientErrors.unreachable,
      `The server at ${options.baseUrl || "this address"} did not answer.`,
      {
        internal: messageOf(error),
        cause: error,
      },
    );
  }
}

const kindOfStatus: Record<number, ErrorKind> = {
  400: "invalid",
  401: "denied",
  403: "denied",
  404: "missing",
  409: "conflict",
  422: "damaged",
};

/** A failure that the server told about; `requestId` finds it in the server's log. */
export class ApiFailure extends HoldfastError {
  readonly requestId: string | undefined;

  constructor(entry: ErrorEntry, message: string, requestId: string | undefined) {
    super(entry, message);
    this.requestId = requestId;
  }
}

/** What a refusing answer says: the server's own code and words, or API_BAD_ANSWER when it has none of ours. */
export async function failureOf(response: Response): Promise<HoldfastError> {
  const parsed = problem.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) {
    return new HoldfastError(clientErrors.badAnswer, `The server answered ${response.status} without saying why.`);
  }
  const { code, message, cure, requestId } = parsed.data;
  const kind = kindOfStatus[response.status] ?? "unavailable";
  return new ApiFailure({ code, kind, cause: message, cure }, message, requestId);
}
