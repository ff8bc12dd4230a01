import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./failure.tsx";

interface ConfirmProps {
  readonly opened: boolean;
  readonly title: string;
  readonly confirm: string;
  readonly pending: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Asks before something starts that takes time or stops something; says what will happen, and what will not. */
export function Confirm({ opened, title, confirm, pending, error, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <div className="hf-stack">
        {children}
        {error !== null && <Failure error={error} />}
        <div className="hf-row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button loading={pending} onClick={onConfirm} data-autofocus>
            {confirm}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
