import { z } from "zod";
import { displayName, entityId, instant } from "./shapes.ts";

/** Who is asking, and what they may do. */
export const session = z
  .object({
    user: z.object({ userId: z.string(), name: z.string(), email: z.string() }),
    role: z.enum(["provider-administrator"]),
    provider: z.object({ organisationId: entityId, name: displayName }).nullable(),
    hasPassword: z.boolean(),
  })
  .meta({ id: "Session" });
export type Session = z.infer<typeof session>;

export const newSignInLink = z.object({ email: z.email() }).meta({ id: "NewSignInLink" });
export const signInLink = z.object({ url: z.url(), expiresAt: instant }).meta({ id: "SignInLink" });
export const newPassword = z.object({ password: z.string().min(12).max(200) }).meta({ id: "NewPassword" });

/** What an enrolment token lets somebody become. */
export const identityKinds = ["device", "keeper", "gateway"] as const;
export type IdentityKind = (typeof identityKinds)[number];

export const newEnrolmentToken = z
  .object({
    kind: z.enum(identityKinds),
    /** The client (or site) that a device joins; the provider for keepers and gateways. */
    organisationId: entityId,
    expiresInMinutes: z
      .number()
      .int()
      .min(1)
      .max(60 * 24 * 30),
    uses: z.number().int().min(1).max(1000),
  })
  .meta({ id: "NewEnrolmentToken" });

/** The token is shown once, here; the server keeps its hash. */
export const enrolmentToken = z
  .object({
    enrolmentTokenId: entityId,
    token: z.string(),
    expiresAt: instant,
    /** Where the agent enrols, and the SHA-256 of the CA certificate it must find there, lower-case hex. */
    serverUrl: z.url(),
    caFingerprint: z.string(),
  })
  .meta({ id: "EnrolmentToken" });

/** First contact of a device, keeper or gateway; the certificate request carries the key made on the machine. */
export const enrolment = z.object({
  token: z.string().min(20).max(200),
  kind: z.enum(identityKinds),
  name: displayName,
  certificateRequestPem: z.string().max(10_000),
  /** Keepers only: X25519 public key that vault passwords are sealed to, and Ed25519 key that signs certificates; base64. */
  keeperKeys: z.object({ sealing: z.base64().length(44), signing: z.base64().length(44) }).optional(),
});
export type Enrolment = z.infer<typeof enrolment>;

export const enrolled = z.object({
  identityId: entityId,
  certificatePem: z.string(),
  caPem: z.string(),
  expiresAt: instant,
});
