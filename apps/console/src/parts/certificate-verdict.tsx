import { useQuery } from "@tanstack/react-query";
import type { SignedCertificate } from "../api/queries.ts";
import { certificateVerdict, type Verdict } from "../api/certificate-verdict.ts";
import type { IconName } from "./icon.tsx";
import { Note, type Tone } from "./mark.tsx";

const looks: Record<Verdict, { tone: Tone; icon: IconName; title: string; text: string }> = {
  valid: {
    tone: "good",
    icon: "shield-check",
    title: "The signature is valid, as checked in this browser.",
    text: "Everything on the certificate is, byte for byte, what the keeper signed with the key named below.",
  },
  invalid: {
    tone: "alarm",
    icon: "octagon",
    title: "The signature does not fit.",
    text: "This is not what the keeper signed: it was altered, or signed with another key. Do not rely on it; run the drill again and look into how it was changed.",
  },
  unable: {
    tone: "warn",
    icon: "warning",
    title: "This browser cannot check the signature.",
    text: "It does not know Ed25519, or the page was opened over plain HTTP. Download the certificate and run: holdfast verify-certificate FILE",
  },
};

/** What this browser found out about the signature by itself, without asking the server. */
export function CertificateVerdict({ certificate }: { certificate: SignedCertificate }) {
  const query = useQuery({
    queryKey: ["verdict", certificate.signature, certificate.body.certificateId],
    queryFn: () => certificateVerdict(certificate),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (query.data === undefined) return <span className="hf-bone" style={{ blockSize: 64 }} />;
  const { tone, icon, title, text } = looks[query.data];
  return (
    <div aria-live="polite">
      <Note tone={tone} icon={icon}>
        <p className="hf-strong">{title}</p>
        <p>{text}</p>
      </Note>
    </div>
  );
}
