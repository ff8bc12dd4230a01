/** A place on this origin, so that a link to the sign-in page cannot send people elsewhere afterwards. */
export function isOwnPath(path: string): boolean {
  const origin = "https://console.invalid";
  return path.startsWith("/") && URL.parse(path, origin)?.origin === origin;
}
