import { HoldfastError, type ErrorKind } from "@holdfast/base";

/** Something thrown, as it can be sent from one thread to another: a message between threads loses the class. */
export type CarriedFailure =
  | {
      readonly is: "expected";
      readonly code: string;
      readonly kind: ErrorKind;
      readonly cure: string;
      readonly message: string;
      readonly internal: string;
    }
  | { readonly is: "system"; readonly code: string; readonly message: string }
  | { readonly is: "bug"; readonly message: string; readonly stack: string };

export function packFailure(error: unknown): CarriedFailure {
  if (error instanceof HoldfastError) {
    const { code, kind, cure, message, internal } = error;
    return { is: "expected", code, kind, cure, message, internal };
  }
  if (!(error instanceof Error)) return { is: "bug", message: String(error), stack: "" };
  if ("code" in error && typeof error.code === "string" && "syscall" in error)
    return { is: "system", code: error.code, message: error.message };
  return { is: "bug", message: error.message, stack: error.stack ?? "" };
}

/** The failure as the other thread would have seen it: the same code, and the same class where it is one of ours. */
export function unpackFailure(failure: CarriedFailure): Error {
  switch (failure.is) {
    case "expected": {
      const { code, kind, cure, message, internal } = failure;
      return new HoldfastError({ code, kind, cause: "", cure }, message, { internal });
    }
    case "system":
      return Object.assign(new Error(failure.message), { code: failure.code });
    case "bug":
      return Object.assign(new Error(failure.message), { stack: failure.stack });
  }
}
