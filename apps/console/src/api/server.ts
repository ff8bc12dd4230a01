import { apiClient } from "@holdfast/client";

/** The server that this page came from: same origin, session cookie. */
export const server = apiClient({ baseUrl: "" });
