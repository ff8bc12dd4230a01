/** A secret as it is and in the clothes that programs put on text and bytes. */
export function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret);
  const text =
    typeof secret === "string" ? [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)] : [];
  const base64 = bytes.toString("base64").replace(/=+$/, "");
  return [...new Set([...text, bytes.toString("hex"), base64, bytes.toString("base64url")])];
}

/** Those of the forms that stand in a text. */
export function leaksIn(said: string, forms: readonly string[]): string[] {
  return forms.filter((form) => said.toLowerCase().includes(form.toLowerCase()));
}
