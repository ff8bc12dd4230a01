import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `vite` in development finds a running server; the built console comes from that server itself. */
const serverUrl = process.env["HOLDFAST_URL"] ?? "http://127.0.0.1:8600";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // src/no-eval.ts has to run before the shapes of the contract are made, also when they lie in another chunk.
    rolldownOptions: { output: { strictExecutionOrder: true } },
  },
  server: {
    host: "127.0.0.1",
    // The server takes changes only from its own pages, and in development this one speaks for them.
    proxy: { "/api": { target: serverUrl, changeOrigin: true, headers: { origin: new URL(serverUrl).origin } } },
  },
});
