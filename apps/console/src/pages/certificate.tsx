import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { certificateQuery, type SignedCertificate } from "../api/queries.ts";
import { saveAs } from "../api/downloads.ts";
import { CertificateSheet } from "../parts/certificate-sheet.tsx";
import { CertificateVerdict } from "../parts/certificate-verdict.tsx";
import { Icon } from "../parts/icon.tsx";
import { Inert } from "../parts/inert.tsx";
import { LoadedPage } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";

/** The signed record of one restore drill, to be read, printed, checked and taken along. */
export function CertificatePage() {
  const { certificateId } = useParams({ from: "/inside/certificates/$certificateId" });
  const query = useQuery(certificateQuery(certificateId));
  return (
    <LoadedPage query={query}>
      {(certificate) => (
        <Page
          narrow
          title="Drill certificate"
          trail={[
            <Link key="devices" to="/">
              Devices
            </Link>,
            <Link key="device" to="/devices/$deviceId" params={{ deviceId: certificate.body.device.deviceId }}>
              <Inert text={certificate.body.device.name} />
            </Link>,
          ]}
          actions={
            <>
              <Button
                variant="default"
                leftSection={<Icon name="download" />}
                onClick={() => saveCertificate(certificate)}
              >
                Download as JSON
              </Button>
              <Button leftSection={<Icon name="printer" />} onClick={() => window.print()}>
                Print
              </Button>
            </>
          }
        >
          <CertificateVerdict certificate={certificate} />
          <CertificateSheet certificate={certificate} />
        </Page>
      )}
    </LoadedPage>
  );
}

/** The very object that was signed, so that `holdfast verify-certificate` can check the file. */
function saveCertificate(certificate: SignedCertificate): void {
  const url = URL.createObjectURL(
    new Blob([`${JSON.stringify(certificate, null, 2)}\n`], { type: "application/octet-stream" }),
  );
  saveAs(url, `drill-certificate-${certificate.body.certificateId}.json`);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
