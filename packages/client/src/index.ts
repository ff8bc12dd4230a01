export {
  ApiFailure,
  apiClient,
  failureOf,
  type ApiClient,
  type ApiClientOptions,
  type CallInput,
  type CallOutput,
} from "./api-client.ts";
export { clientErrors } from "./errors.ts";
export {
  newReaderKey,
  openAnswer,
  relayFrameBytesMax,
  sealAnswer,
  type ReaderKey,
  type RelayFailure,
} from "./sealed-relay.ts";
