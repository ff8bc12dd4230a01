import { config } from "zod";

/**
 * zod tries whether it may compile its checks with `new Function`; our content security policy forbids that, and the
 * attempt alone would be reported as a violation. So it is told before the first shape is made: main.tsx imports this
 * module before any other.
 */
config({ jitless: true });
