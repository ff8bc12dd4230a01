/** Longer than any token; the rest of a header is not worth hashing. */
const tokenLengthMax = 512;

/**
 * The token in an Authorization header: the password of HTTP Basic, whatever the user name. Undefined where there is none.
 * @see RFC 7617
 */
export function tokenOf(header: string | undefined): string | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, "base64").toString("utf8");
  const colon = credentials.indexOf(":");
  const token = credentials.slice(colon + 1);
  return colon < 0 || token === "" || token.length > tokenLengthMax ? undefined : token;
}
