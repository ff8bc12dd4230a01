import type { Api, OperationName } from "@holdfast/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Caller } from "../authz/caller.ts";

type Output<Shape> = Shape extends z.ZodType ? z.output<Shape> : undefined;
type Field<R, Name extends string> = R extends { readonly [K in Name]: infer Shape } ? Shape : undefined;
type Answer<A> = A extends z.ZodType ? z.input<A> : void;

/** One call of an operation, checked: who asks, and the parts of the request in the contract's shapes. */
export interface Call<Name extends OperationName> {
  readonly caller: Caller;
  readonly params: Output<Field<Api[Name], "params">>;
  readonly query: Output<Field<Api[Name], "query">>;
  readonly body: Output<Field<Api[Name], "body">>;
  readonly request: FastifyRequest;
  /** For answers that stream; everything else returns what it answers. */
  readonly reply: FastifyReply;
}

/** What answers each operation of the contract; one that is missing does not compile. */
export type Operations = {
  readonly [Name in OperationName]: (call: Call<Name>) => Promise<Answer<Api[Name]["answer"]>>;
};
